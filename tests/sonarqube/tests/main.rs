//! Every story on the real server, and what only the real server can show.

#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "a test stops where something is not as it says, and its calls are no calls of the product"
)]

mod real;

mod stories {
    e2e::every_story!(e2e::Target::Real);
}
