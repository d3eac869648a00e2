//! Which SonarQube is new enough: 10.8 of the 10 line, and of the newer ones everything from the Community Build 24.12
//! and from the Server 2025.1.
//!
//! The two newer lines are numbered apart (`26.8` and `2026.4` are of one year) and both come after 10.8, which is the
//! last of its line. What differs between 10.8 and today in the calls of this client: `projects/search` takes
//! `projectKeys` beside `projects` from 2026.3, and gives `projectUuid` from 2025.6; `search_templates` can be paged
//! from 2026.2, and in every version gives everything at once to those who do not page. The default template has
//! `architectureadmin` in 26.8 and not in 25.1, and neither grants it. In all else 25.1 and 26.8 answered the calls of
//! this client alike; 10.8 and the Server are known from the vendor's documentation alone.

use super::SonarQubeError;

/// Year or major version, and month or minor version.
type Line = (u32, u32);

/// The oldest that serves in the 10 line.
const TEN: Line = (10, 8);
/// The oldest that serves in the lines after it.
const NEWER: Line = (24, 12);

/// Refuses a SonarQube that is too old. A version that is not numbers says nothing, and is let through.
///
/// # Errors
/// [`SonarQubeError::TooOld`].
pub(super) fn check(version: &str) -> Result<(), SonarQubeError> {
    let Some(found) = line(version) else {
        tracing::warn!(
            sonarqube.version = version,
            "SonarQube's version is not understood: taken for new enough"
        );
        return Ok(());
    };
    let oldest = if found.0 <= TEN.0 { TEN } else { NEWER };
    if found >= oldest { Ok(()) } else { Err(SonarQubeError::TooOld { version: version.to_owned() }) }
}

fn line(version: &str) -> Option<Line> {
    let mut numbers = version.trim().split(['.', '-']).map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_versions_are_told_apart() {
        for (version, serves) in [
            ("7.9.6.41879", false),
            ("8.9.10.61524", false),
            ("9.9.0.65466", false),
            ("9.9.9.104369", false),
            ("10.0.0.68432", false),
            ("10.1.0.73491", false),
            ("10.2.1.78527", false),
            ("10.3.0.82913", false),
            ("10.4.1.88267", false),
            ("10.5.1.90531", false),
            ("10.6.0.92116", false),
            ("10.7.0.96327", false),
            ("10.8.0.100206", true),
            ("10.8", true),
            ("24.11.0.1", false),
            ("24.12.0.100206", true),
            ("25.1.0.102122", true),
            ("25.12.0.117093", true),
            ("26.1.0.118079", true),
            ("26.8.0.126808", true),
            ("2025.1.0.102418", true),
            ("2025.4.3.1", true),
            ("2026.1.5.1", true),
            ("2026.3.1.123439", true),
            ("2026.5-SNAPSHOT", true),
        ] {
            assert_eq!(check(version).is_ok(), serves, "{version}");
        }
    }

    #[test]
    fn a_version_that_is_not_understood_is_let_through() {
        for version in ["", "next", "10", "v9.9.1", "ten.eight", "26,8", "99999999999.1"] {
            assert!(check(version).is_ok(), "{version}");
        }
    }

    #[test]
    fn the_refusal_says_what_is_there_and_what_is_needed() {
        let said = check("9.9.8.100196").unwrap_err().to_string();
        for word in ["9.9.8.100196", "10.8", "24.12", "2025.1"] {
            assert!(said.contains(word), "{said}");
        }
    }
}
