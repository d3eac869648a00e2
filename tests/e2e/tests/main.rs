//! Every story on the sandbox's SonarQube, and what only a model can show.

mod stories {
    e2e::every_story!(e2e::Target::Model);
}
