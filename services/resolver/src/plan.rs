//! From a reading to a plan. What each person may do is decided by the crate `access`; here it is only put together.

use access::{Exemptions, Rules, effective, fingerprint, members};
use jiff::Timestamp;
use proto::{AppliedPlan, Plan, PlanOrder, PlannedProject, StartedTask, Task, Visibility};

use crate::gitlab::Reading;

/// What a plan is made of beside a reading.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    /// What the plan answers.
    pub(crate) task: &'a Task,
    pub(crate) order: PlanOrder,
    /// When the reading began.
    pub(crate) read_at: Timestamp,
    /// What holds for the project at the path of the reading.
    pub(crate) rules: Rules,
    pub(crate) exempt: &'a Exemptions,
}

impl Draft<'_> {
    /// The plan that follows from the reading.
    pub(crate) fn plan(&self, reading: &Reading) -> Plan {
        let Self { task, rules, .. } = self;
        let access = effective(reading.rows.iter().cloned(), self.exempt);
        Plan {
            task: task.id,
            cause: task.cause.clone(),
            order: self.order,
            read_at: self.read_at,
            project: PlannedProject {
                id: task.project,
                path: reading.path.clone(),
                visibility: rules.visibility.then(|| visibility(reading.public)),
            },
            members: members(&access, &rules.roles),
            left_out: access.left_out.into_values().collect(),
            unseen: reading.unseen.clone(),
            restore: None,
        }
    }
}

/// How a plan stands to the last one that was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Compared {
    /// It wants the same, by everything that is known.
    Agrees,
    /// It gives fewer people permissions.
    Smaller,
    /// It wants something else, or there is nothing to compare it with.
    Differs,
}

impl Compared {
    /// Compares the plan with the `applied` one; `started` is the last task that was begun before the plan's own.
    pub(crate) fn of(plan: &Plan, applied: Option<&AppliedPlan>, started: Option<&StartedTask>) -> Self {
        let Some(applied) = applied else { return Self::Differs };
        let wanted = plan.unseen.is_empty().then(|| fingerprint(&plan.members, plan.project.visibility));
        if wanted.is_some() && wanted == applied.fingerprint && is_last(applied, started) {
            return Self::Agrees;
        }
        if plan.members.len() < applied.members { Self::Smaller } else { Self::Differs }
    }
}

/// Whether nothing was begun after that plan: a later one may have been written in part.
pub(crate) fn is_last(applied: &AppliedPlan, started: Option<&StartedTask>) -> bool {
    started.is_none_or(|started| !applied.order.task.is_before(&started.position))
}

/// The visibility in SonarQube of a project that is open to everybody in GitLab, or is not.
pub(crate) const fn visibility(is_open: bool) -> Visibility {
    if is_open { Visibility::Public } else { Visibility::Private }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use access::{Account, Layer, MembershipRow, Policy, Preset, Seat};
    use proto::{AccessLevel, Cause, Incarnation, ProjectId, TaskId, TaskPosition, UserId};

    use super::*;

    fn row(user: u64, level: AccessLevel) -> MembershipRow {
        let username = format!("user{user}");
        let (account, seat) = (Account::Active, Seat::Active);
        MembershipRow { user: UserId(user), username, level, account, seat, bot: false }
    }

    fn order() -> PlanOrder {
        let incarnation = Incarnation(Timestamp::UNIX_EPOCH);
        PlanOrder { task: TaskPosition { incarnation, sequence: 5 }, attempt: 2 }
    }

    /// The plan of a public project at this path with a developer, a guest and somebody without access.
    fn plan(policy: &Policy, path: &str) -> Plan {
        use AccessLevel::{Developer, Guest, Minimal};
        let task = Task { id: TaskId::new(), project: ProjectId(7), cause: Cause::Reconcile };
        let rows = vec![row(3, Minimal), row(2, Guest), row(1, Developer)];
        let reading = Reading {
            path: path.to_owned(),
            public: true,
            group: None,
            personal: false,
            invited: Vec::new(),
            rows,
            unseen: Vec::new(),
            ends: None,
        };
        let rules = policy.rules_for(task.project, path).unwrap();
        let (read_at, exempt) = (Timestamp::UNIX_EPOCH, &Exemptions::default());
        let plan = Draft { task: &task, order: order(), read_at, rules, exempt }.plan(&reading);
        assert_eq!((plan.task, plan.order, plan.project.id), (task.id, order(), task.project));
        plan
    }

    fn told(plan: &Plan) -> (Vec<String>, Option<Visibility>, usize) {
        let members = plan.members.iter().map(|m| format!("{} {}: {}", m.id, m.level, m.permissions));
        (members.collect(), plan.project.visibility, plan.left_out.len())
    }

    #[test]
    fn a_plan_is_what_the_rules_make_of_the_reading() {
        let wanted =
            ["1 developer: user, codeviewer, issueadmin, securityhotspotadmin, scan", "2 guest: user"];
        let (members, visibility, left_out) = told(&plan(&Policy::default(), "acme/shop"));
        assert_eq!(
            (members.as_slice(), visibility, left_out),
            (&wanted.map(String::from)[..], Some(Visibility::Public), 1)
        );
    }

    #[test]
    fn the_rules_are_those_of_the_path_at_the_reading() {
        let secret = Layer {
            roles: Some(Preset::Guassp),
            table: [(AccessLevel::Guest, proto::PermissionSet::EMPTY)].into(),
            visibility: Some(false),
            scan: None,
        };
        let overrides = BTreeMap::from([("acme/secret".parse().unwrap(), secret)]);
        let policy = Policy { overrides, ..Policy::default() };
        let (members, visibility, _) = told(&plan(&policy, "acme/secret/shop"));
        assert_eq!(
            (members, visibility),
            (vec!["1 developer: user, codeviewer, issueadmin".to_owned()], None)
        );
        assert_eq!(told(&plan(&policy, "acme/shop")), told(&plan(&Policy::default(), "acme/shop")));
    }
}
