//! From a reading to a plan. What each person may do is decided by the crate `access`; here it is only put together.

use access::{Exemptions, Preset, effective, members};
use jiff::Timestamp;
use proto::{Plan, PlanOrder, PlannedProject, Task, Visibility};

use crate::gitlab::Reading;

/// What a plan follows from, beside the reading.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) exempt: Exemptions,
    pub(crate) roles: Preset,
    pub(crate) visibility: bool,
}

impl Rules {
    /// The plan that follows from a reading that began at `read_at`.
    pub(crate) fn plan(&self, task: &Task, order: PlanOrder, read_at: Timestamp, reading: Reading) -> Plan {
        let visible = if reading.public { Visibility::Public } else { Visibility::Private };
        let access = effective(reading.rows, &self.exempt);
        Plan {
            task: task.id,
            cause: task.cause.clone(),
            order,
            read_at,
            project: PlannedProject {
                id: task.project,
                path: reading.path,
                visibility: self.visibility.then_some(visible),
            },
            members: members(&access, &self.roles.role_map()),
            left_out: access.left_out.into_values().collect(),
        }
    }
}
