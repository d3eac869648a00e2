//! How many revokes at once are too many to be made without a person's word.
//!
//! A role map with a mistake, or a GitLab that has lost its groups, comes as a plan like every other; that it takes away
//! most of what a project has is the sign. Does not decide what becomes of such a plan.

/// How much one sync may take from one project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cap {
    /// So many permissions at most; 0 is no limit.
    pub revokes: usize,
    /// So many in a hundred of what this system's accounts, and the groups that it closes, hold there; 0 is no limit.
    pub percent: usize,
    /// The share counts only from so many permissions on: of a project with two people, one who leaves is half.
    pub percent_from: usize,
}

impl Cap {
    /// Why `revokes` of `held` permissions are too many; nothing where they are not.
    #[must_use]
    pub fn exceeded(&self, revokes: usize, held: usize) -> Option<String> {
        if self.revokes > 0 && revokes > self.revokes {
            return Some(format!(
                "{revokes} permissions would be taken away, and more than {} at once need a person's word",
                self.revokes
            ));
        }
        let share = self.percent > 0 && revokes >= self.percent_from.max(1);
        (share && revokes.saturating_mul(100) > held.saturating_mul(self.percent)).then(|| {
            let percent = revokes.saturating_mul(100) / held.max(1);
            format!(
                "{revokes} of {held} permissions ({percent} %) would be taken away, and more than {} % at once need a \
                 person's word",
                self.percent
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAP: Cap = Cap { revokes: 500, percent: 50, percent_from: 20 };

    #[test]
    fn a_large_number_or_a_large_share_is_too_many() {
        for (revokes, held, reason) in [
            (0, 0, None),
            (500, 5_000, None),
            (501, 5_000, Some("501 permissions would")),
            (50, 100, None),
            (51, 100, Some("51 of 100 permissions (51 %) would")),
            (60, 100, Some("60 of 100 permissions (60 %) would")),
            (19, 19, None),
            (20, 20, Some("20 of 20 permissions (100 %) would")),
        ] {
            let found = CAP.exceeded(revokes, held);
            assert_eq!(found.is_some(), reason.is_some(), "{revokes} of {held}: {found:?}");
            assert!(found.unwrap_or_default().starts_with(reason.unwrap_or_default()), "{revokes} of {held}");
        }
    }

    #[test]
    fn zero_is_no_limit() {
        let none = Cap { revokes: 0, percent: 0, percent_from: 0 };
        assert_eq!(none.exceeded(10_000, 10_000), None);
        assert_eq!(Cap { percent: 50, ..none }.exceeded(0, 0), None);
    }
}
