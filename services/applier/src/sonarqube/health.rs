//! Which failures say that SonarQube as a whole is not well, and not only one call, project or account.

use super::SonarQubeError;

impl SonarQubeError {
    /// Whether the next call, whatever it is about, is likely to fail as well.
    pub(crate) const fn is_of_the_whole(&self) -> bool {
        self.is_down()
            || matches!(
                self,
                Self::Unavailable { .. }
                    | Self::Refused { .. }
                    | Self::Strange { .. }
                    | Self::UnknownCall { .. }
            )
    }

    /// Whether no call can succeed: SonarQube says itself that it is not up, or is too old.
    pub(crate) const fn is_down(&self) -> bool {
        matches!(self, Self::NotReady { .. } | Self::TooOld { .. })
    }
}
