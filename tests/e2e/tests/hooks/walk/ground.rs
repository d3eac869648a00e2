//! Where the walk takes place: who and what there is, the processes, and what is to come of it all.

use std::collections::BTreeMap;

use e2e::{Grants, Person, Project, Scene, Seeded, Settings, binary::Process, free_port, states::stored};
use proto::Visibility;
use sandbox::{
    gitlab::{self, HookOwner, Place, UserState, level},
    sonarqube,
};

use super::super::{SECRET, fleet, until_healthy, until_running};
use crate::fleet::{Fleet, Role};

const PROJECTS: usize = 200;
const TOPS: usize = 8;
const GROUPS: usize = 24;
const PEOPLE: usize = 80;

/// The scene, and two processes of each role.
pub(super) struct Ground {
    pub(super) scene: Scene,
    pub(super) projects: Vec<Project>,
    /// GitLab's ids of all groups; the first ones are at the top.
    pub(super) groups: Vec<u64>,
    pub(super) tops: usize,
    /// Those to whom things happen.
    pub(super) people: Vec<Person>,
    /// Those who get one role each, once.
    pub(super) newcomers: Vec<Person>,
    /// Who is a member of every project: a list of nobody would not be believed.
    keeper: Person,
    pub(super) gateways: Vec<String>,
    _fleet: Fleet,
    _second: Vec<Process>,
}

impl Ground {
    pub(super) async fn prepare(period: &str, newcomers: usize) -> Self {
        let more = [
            ("GUASSP_RECONCILE__EVERY", period),
            ("GUASSP_RECONCILE__PER_MINUTE", "60000"),
            ("GUASSP_GATEWAY__ALLOW__VIEWER", "127.0.0.0/8"),
            ("GUASSP_RESOLVER__MIN_INTERVAL", "1s"),
            // This GitLab's table does not lag behind its events.
            ("GUASSP_WEBHOOKS__LOOK_AGAIN", ""),
            // So that a grant is a call of its own, whose time is known.
            ("GUASSP_APPLIER__WRITE", "single"),
            // Nobody is there to approve of what a walk takes away.
            ("GUASSP_APPLIER__CAP__REVOKES", "0"),
            ("GUASSP_APPLIER__CAP__PERCENT", "0"),
            ("GUASSP_APPLIER__CAP__PER_HOUR", "0"),
        ];
        let (scene, mut fleet) = fleet(Settings::default(), &more).await;
        scene.gitlab.world().lists_shared_into_invited = true;
        let groups = groups(&scene);
        let keeper = person(&scene, "keeper");
        let projects = projects(&scene, &groups, &keeper);
        let people = (0..PEOPLE).map(|_| person(&scene, "person")).collect();
        let newcomers = (0..newcomers).map(|_| person(&scene, "newcomer")).collect();
        let port = free_port();
        let mut second = vec![fleet.process_with(Role::Gateway, &[("LISTEN_PORT", &port)])];
        second.extend([Role::Resolver, Role::Applier].map(|role| fleet.process(role)));
        let all: Vec<&Project> = projects.iter().collect();
        until_running(&scene, &mut fleet, &all).await;
        let gateways = vec![scene.stack.gateway.clone(), format!("http://127.0.0.1:{port}")];
        until_healthy(&gateways[1]).await;
        scene.gitlab.change(|world| world.add_hook(HookOwner::Instance, "").token = Some(SECRET.to_owned()));
        let tops = TOPS;
        Self {
            scene,
            projects,
            groups,
            tops,
            people,
            newcomers,
            keeper,
            gateways,
            _fleet: fleet,
            _second: second,
        }
    }

    /// From now on the hook reaches this gateway.
    pub(super) fn tell(&self, gateway: usize) {
        let url = format!("{}/webhooks/gitlab", self.gateways[gateway]);
        let mut world = self.scene.gitlab.world();
        world.hooks.by_id.values_mut().for_each(|hook| hook.url.clone_from(&url));
    }

    /// A newcomer gets a role on a project.
    pub(super) fn probe(&self, nth: usize, seeded: &mut Seeded) {
        self.scene.join(&seeded.one(&self.projects), &self.newcomers[nth], level::DEVELOPER);
    }

    /// Every project that is not as the rule says, in words.
    pub(super) fn wrong(&self) -> Vec<String> {
        let logins = self.logins();
        let wanted: Vec<State> = {
            let world = self.scene.gitlab.world();
            self.projects.iter().map(|project| wanted(&world, project.id, &logins)).collect()
        };
        let world = self.scene.model().world();
        let compare = |(project, wanted): (&Project, &State)| {
            let found = found(&world, &project.key, &logins);
            (found != *wanted).then(|| format!("{}: {found:?} instead of {wanted:?}", project.path))
        };
        self.projects.iter().zip(&wanted).filter_map(compare).collect()
    }

    fn logins(&self) -> BTreeMap<u64, &str> {
        let all = self.people.iter().chain(&self.newcomers).chain([&self.keeper]);
        all.map(|person| (person.id, person.login.as_str())).collect()
    }
}

/// Who holds what on a project, of the people of the walk, and who may see it.
type State = (Visibility, Grants);

fn wanted(world: &gitlab::World, project: u64, logins: &BTreeMap<u64, &str>) -> State {
    let visibility = match world.projects[&project].visibility {
        gitlab::Visibility::Public => Visibility::Public,
        gitlab::Visibility::Private | gitlab::Visibility::Internal => Visibility::Private,
    };
    let is_active = |user: &u64| world.users.get(user).is_some_and(|user| user.state == UserState::Active);
    let levels = world.effective(project).into_iter().filter(|(user, level)| *level > 0 && is_active(user));
    let held = |(user, level)| Some(((*logins.get(&user)?).to_owned(), stored(level, visibility)));
    // A guest of a public project holds nothing there that everybody does not.
    (visibility, levels.filter_map(held).filter(|(_, held)| !held.is_empty()).collect())
}

fn found(world: &sonarqube::World, key: &str, logins: &BTreeMap<u64, &str>) -> State {
    let visibility = match world.projects[key].visibility {
        sonarqube::Visibility::Private => Visibility::Private,
        sonarqube::Visibility::Public => Visibility::Public,
    };
    let mut held = world.granted(key);
    held.retain(|login, held| !held.is_empty() && logins.values().any(|known| known == login));
    (visibility, held)
}

fn groups(scene: &Scene) -> Vec<u64> {
    let ids: Vec<u64> = (0..GROUPS).map(|_| scene.id()).collect();
    let mut world = scene.gitlab.world();
    for (nth, id) in ids.iter().enumerate() {
        let above = nth.checked_sub(TOPS).map(|below| format!("group-{}/", ids[below % TOPS]));
        world.add_group(*id, &format!("{}group-{id}", above.unwrap_or_default()));
    }
    ids
}

fn projects(scene: &Scene, groups: &[u64], keeper: &Person) -> Vec<Project> {
    let (mut gitlab, mut projects) = (scene.gitlab.world(), Vec::new());
    for nth in 0..PROJECTS {
        let id = scene.id();
        let path = format!("{}/project-{id}", gitlab.groups[&groups[nth % groups.len()]].full_path);
        gitlab.add_project(id, &path);
        gitlab.add_member(Place::Project(id), keeper.id, level::MAINTAINER);
        projects.push(Project { id, path, key: format!("key-{id}") });
    }
    drop(gitlab);
    let mut sonarqube = scene.model().world();
    let setting = sonarqube.settings[0].id.clone();
    for project in &projects {
        sonarqube.add_project(&project.key, sonarqube::Visibility::Private);
        sonarqube.bind(&project.key, &setting, project.id);
    }
    projects
}

/// Somebody with an account on both sides.
fn person(scene: &Scene, name: &str) -> Person {
    let person = scene.stranger(name);
    scene.model().world().add_gitlab_user(&person.login, name, person.id, &person.username);
    person
}
