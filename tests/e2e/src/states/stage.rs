//! Who plays, and how a project comes to a state.

use futures::{StreamExt, stream};
use proto::Visibility;
use sandbox::sonarqube;

use super::{AT_A_TIME, State};
use crate::{Grants, Person, Project, Scene};

/// Everybody there is, on every project of a scene.
#[derive(Debug)]
pub(super) struct Cast {
    /// People of GitLab who have an account.
    pub(super) people: Vec<Person>,
    /// People of GitLab who have not signed in.
    pub(super) strangers: Vec<Person>,
    /// A person of GitLab whom every plan exempts.
    pub(super) exempt: Person,
    /// A person of GitLab in a group that is left alone.
    pub(super) skipped: Person,
    /// Accounts of SonarQube's own, by login.
    pub(super) locals: Vec<String>,
    /// A group that nobody ever closes.
    pub(super) team: String,
    /// The account of the system itself, and the groups that it is in.
    pub(super) own: String,
    pub(super) own_groups: Vec<&'static str>,
    /// A permission that no version so far has told of, where the server is one that can be made to have it.
    pub(super) unknown: Option<&'static str>,
}

impl Cast {
    /// Makes them all, the group `skipped` among them.
    pub(super) async fn gather(scene: &Scene, skipped: &str) -> Self {
        let mut people = Vec::new();
        for _ in 0..9 {
            people.push(scene.person("random").await);
        }
        let (exempt, in_group) = (scene.person("exempt").await, scene.person("skipped").await);
        scene.admin.group(skipped, &[&in_group.login]).await;
        let team = format!("team-{}", scene.id());
        scene.admin.group(&team, &[&people[0].login]).await;
        let mut locals = Vec::new();
        for _ in 0..2 {
            locals.push(format!("local-{}", scene.id()));
            scene.admin.local_person(&locals[locals.len() - 1]).await;
        }
        let (own_groups, unknown) = match &scene.sonarqube {
            Some(model) => {
                model.world().project_permissions.push(sonarqube::ARCHITECTURE_ADMIN.to_owned());
                (vec!["sonar-users"], Some(sonarqube::ARCHITECTURE_ADMIN))
            }
            None => (vec!["sonar-users", "sonar-administrators"], None),
        };
        Self {
            strangers: vec![scene.stranger("unsigned"), scene.stranger("unsigned")],
            skipped: in_group,
            own: scene.admin.login().await,
            people,
            exempt,
            locals,
            team,
            own_groups,
            unknown,
        }
    }

    /// Every account, the system's own among them.
    pub(super) fn logins(&self) -> Vec<String> {
        let people = self.people.iter().chain([&self.exempt, &self.skipped]);
        let mut logins: Vec<String> = people.map(|person| person.login.clone()).collect();
        logins.extend(self.locals.iter().cloned());
        logins.push(self.own.clone());
        logins
    }
}

/// A project in this state. On a real server the account that makes it holds a little more.
pub(super) async fn project(scene: &Scene, state: &State) -> Project {
    let project = scene.project("random").await;
    match &scene.sonarqube {
        Some(model) => model.change(|world| put(world, &project.key, state)),
        None => by_hand(scene, &project.key, state).await,
    }
    project
}

/// What there is now.
pub(super) async fn look(scene: &Scene, project: &Project) -> State {
    let visibility = match scene.admin.visibility(&project.key).await.as_str() {
        "private" => Visibility::Private,
        _ => Visibility::Public,
    };
    let (people, groups) =
        futures::join!(scene.admin.all_grants(&project.key), scene.admin.group_grants(&project.key));
    State { visibility, people, groups }
}

fn put(world: &mut sonarqube::World, key: &str, state: &State) {
    world.clear_grants(key);
    world.projects.get_mut(key).expect("the project").visibility = match state.visibility {
        Visibility::Private => sonarqube::Visibility::Private,
        Visibility::Public => sonarqube::Visibility::Public,
    };
    each(&state.people).for_each(|(login, permission)| world.grant(key, login, permission));
    each(&state.groups).for_each(|(group, permission)| world.grant_group(key, group, permission));
}

/// The same as an administrator does it. The new project's groups are those of the default template.
async fn by_hand(scene: &Scene, key: &str, state: &State) {
    let admin = &scene.admin;
    admin.set_visibility(key, state.visibility.key()).await;
    let (people, groups) = (&state.people, &state.groups);
    let give = async |(login, permission)| admin.grant(key, login, permission).await;
    stream::iter(each(people)).map(give).buffer_unordered(AT_A_TIME).collect::<()>().await;
    let give = async |(group, permission)| admin.grant_group(key, group, permission).await;
    stream::iter(each(groups)).map(give).buffer_unordered(AT_A_TIME).collect::<()>().await;
    let found = admin.group_grants(key).await;
    let too_much = |(group, permission): &(&str, &str)| {
        !groups.get(*group).is_some_and(|held| held.contains(*permission))
    };
    for (group, permission) in each(&found).filter(too_much) {
        admin.revoke_group(key, group, permission).await;
    }
}

fn each(grants: &Grants) -> impl Iterator<Item = (&str, &str)> {
    grants
        .iter()
        .flat_map(|(holder, held)| held.iter().map(|permission| (holder.as_str(), permission.as_str())))
}
