//! The files under test, as they lie in the repository.

use std::path::Path;

/// The text of a file, by its path from the top of the repository.
pub(crate) fn read(path: &str) -> String {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    std::fs::read_to_string(top.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `text` with `from` replaced, which must be in it exactly so often: the examples' places to adapt.
pub(crate) fn adapt(text: &str, from: &str, to: &str, times: usize) -> String {
    assert_eq!(text.matches(from).count(), times, "{from:?} in the example");
    text.replace(from, to)
}
