//! Plans put into the stream past GitLab and the resolver, for tests of the applier alone.

use jiff::Timestamp;
use proto::{
    AccessLevel, Cause, LeftOut, LeftOutReason, Member, Permission, PermissionSet, Plan, PlanOrder,
    PlannedProject, ProjectId, TaskId, UserId, Visibility, subject,
};
use runtime::jetstream::encode;

use crate::{
    Person, Project, Scene,
    stories::grants::{DEVELOPER, GUEST, MAINTAINER, REPORTER},
};

/// Who is to have what on a project.
#[derive(Debug, Clone, Default)]
pub struct Wish {
    /// Everybody with access, and GitLab's number of the level.
    pub members: Vec<(Person, u16)>,
    /// Whose grants are neither given nor taken.
    pub exempt: Vec<Person>,
    /// What SonarQube should show; nothing where that is not synchronised.
    pub visibility: Option<Visibility>,
}

/// GitLab's levels, and what each is worth.
pub const LEVELS: [(u16, &str); 5] =
    [(10, GUEST), (20, REPORTER), (30, DEVELOPER), (40, MAINTAINER), (50, MAINTAINER)];

/// What a level of [`LEVELS`] is worth.
///
/// # Panics
/// When it is no such level.
#[must_use]
pub fn worth(level: u16) -> &'static str {
    LEVELS.iter().find(|(known, _)| *known == level).expect("a level").1
}

impl Scene {
    /// Puts a plan that wants this into the stream, as the newest of the project, when the one before has left it.
    pub async fn plan(&self, project: &Project, wish: &Wish) -> TaskId {
        self.quiet(project).await;
        let (jetstream, id) = (&self.stack.runtime.jetstream, ProjectId(project.id));
        let order = PlanOrder { task: jetstream.position(self.id()), attempt: 1 };
        let project = PlannedProject { id, path: project.path.clone(), visibility: wish.visibility };
        let mut members: Vec<Member> = wish.members.iter().map(member).collect();
        members.sort_by_key(|member| member.id);
        let plan = Plan {
            task: TaskId::new(),
            cause: Cause::Reconcile,
            order,
            read_at: Timestamp::now(),
            project,
            members,
            left_out: wish.exempt.iter().map(exempt).collect(),
            unseen: Vec::new(),
            restore: None,
        };
        let encoded = encode(&plan).expect("a plan");
        let published =
            jetstream.publisher.publish(subject::plan(id), plan.task.to_string(), encoded, Some(0)).await;
        published.expect("the place for a plan is free");
        plan.task
    }
}

fn member((person, level): &(Person, u16)) -> Member {
    let permission = |key: &str| key.parse::<Permission>().expect("a permission");
    Member {
        id: UserId(person.id),
        username: person.username.clone(),
        level: AccessLevel::from_gitlab((*level).into()),
        permissions: worth(*level).split(' ').map(permission).collect::<PermissionSet>(),
    }
}

fn exempt(person: &Person) -> LeftOut {
    LeftOut { id: UserId(person.id), username: person.username.clone(), reason: LeftOutReason::Exempt }
}
