//! Every story on the real server.

mod stories {
    e2e::every_story!(e2e::Target::Real);
}
