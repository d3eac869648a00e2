//! Reads version numbers out of what programs print.

/// The first `major.minor` in a text: `(2, 15)` from `nats-server: v2.15.1`, `(25, 0)` from a lone
/// `version "25"`.
pub(crate) fn first_in(text: &str) -> Option<(u32, u32)> {
    text.split(|c: char| !c.is_ascii_digit() && c != '.')
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
        .and_then(|word| {
            let mut numbers = word.split('.').map(str::parse::<u32>);
            let major = numbers.next()?.ok()?;
            let minor = numbers.next().and_then(Result::ok).unwrap_or(0);
            Some((major, minor))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_programs_print() {
        assert_eq!(first_in("nats-server: v2.15.1"), Some((2, 15)));
        assert_eq!(first_in("openjdk version \"25\" 2025-09-16 LTS"), Some((25, 0)));
        assert_eq!(first_in("openjdk version \"17.0.15\" 2025-04-15"), Some((17, 0)));
        assert_eq!(first_in("26.8.0.126808"), Some((26, 8)));
        assert_eq!(first_in("none"), None);
    }
}
