//! A small worked example: one shop, bound to one SonarQube project, with one person for each kind of access.

use std::net::{Ipv4Addr, SocketAddr};

use serde_json::json;

use crate::gitlab::{Place, UserState, level};
use crate::sonarqube::Visibility;
use crate::worlds::{Running, Worlds};
use crate::{gitlab, sonarqube};

pub use crate::worlds::{GITLAB_TOKEN, SONARQUBE_TOKEN};

/// The token of a job that runs in the shop's project, started by [`DAN`].
pub const JOB_TOKEN: &str = "glcbt-sandbox";

pub const PROJECT: u64 = 7;
pub const PROJECT_PATH: &str = "acme/backend/shop";
pub const PROJECT_KEY: &str = "acme_shop";
pub const ACME: u64 = 10;
pub const BACKEND: u64 = 11;
pub const PARTNERS: u64 = 20;

/// Owner of the top group.
pub const OLGA: u64 = 101;
/// Maintainer of the subgroup.
pub const MIRA: u64 = 102;
/// Developer in the project itself.
pub const DAN: u64 = 103;
/// Reporter of the subgroup; and a developer of the partners' group, whose invitation gives no more than that.
pub const RITA: u64 = 104;
/// Guest of the top group.
pub const GUS: u64 = 105;
/// Planner in the project itself.
pub const PETRA: u64 = 106;
/// Owner of the partners' group, which the project invited as reporters.
pub const INES: u64 = 107;
/// A developer who is blocked.
pub const BRUNO: u64 = 108;
/// A developer who never signed in to SonarQube.
pub const NADIA: u64 = 109;
/// Left, and kept a grant in SonarQube.
pub const LEO: u64 = 110;

/// GitLab id, username, SonarQube login, display name. SonarQube invents its logins.
const PEOPLE: [(u64, &str, Option<&str>, &str); 10] = [
    (OLGA, "olga", Some("olga-osei48213"), "Olga Osei"),
    (MIRA, "mira", Some("mira-meyer1187"), "Mira Meyer"),
    (DAN, "dan", Some("dan-duarte90210"), "Dan Duarte"),
    (RITA, "rita", Some("rita-rossi7741"), "Rita Rossi"),
    (GUS, "gus", Some("gus-greene302"), "Gus Greene"),
    (PETRA, "petra", Some("petra-popova66120"), "Petra Popova"),
    (INES, "ines", Some("ines-ibarra5093"), "Ines Ibarra"),
    (BRUNO, "bruno", Some("bruno-bauer41"), "Bruno Bauer"),
    (NADIA, "nadia", None, "Nadia Novak"),
    (LEO, "leo", Some("leo-lang88310"), "Leo Lang"),
];

/// The SonarQube login of a person of the example.
pub fn login(user: u64) -> Option<&'static str> {
    PEOPLE.iter().find(|person| person.0 == user).and_then(|person| person.2)
}

/// Both worlds of the example, before they are served.
pub fn shop() -> Worlds {
    Worlds {
        gitlab: shop_in_gitlab(),
        sonarqube: shop_in_sonarqube(),
        bound: vec![(PROJECT_KEY.to_owned(), PROJECT)],
        about: json!({
            "project": {
                "gitlab_id": PROJECT, "path": PROJECT_PATH, "sonarqube_key": PROJECT_KEY, "job_token": JOB_TOKEN,
            },
            "groups": { "acme": ACME, "backend": BACKEND, "partners": PARTNERS },
            "people": PEOPLE.map(|(id, username, login, name)| {
                json!({ "gitlab_id": id, "username": username, "sonarqube_login": login, "name": name })
            }),
        }),
    }
}

/// Starts the example on free ports.
pub async fn start() -> std::io::Result<Running> {
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    shop().serve(free, free).await
}

fn shop_in_gitlab() -> gitlab::World {
    let mut world = gitlab::World::default();
    for (id, username, _, name) in PEOPLE {
        world.add_user(id, username);
        if let Some(user) = world.users.get_mut(&id) {
            name.clone_into(&mut user.name);
        }
    }
    let (acme, backend) = (world.add_group(ACME, "acme"), world.add_group(BACKEND, "acme/backend"));
    let (partners, shop) = (world.add_group(PARTNERS, "partners"), world.add_project(PROJECT, PROJECT_PATH));
    for (place, user, level) in [
        (Place::Group(acme), OLGA, level::OWNER),
        (Place::Group(acme), GUS, level::GUEST),
        (Place::Group(backend), MIRA, level::MAINTAINER),
        (Place::Group(backend), RITA, level::REPORTER),
        (Place::Group(backend), BRUNO, level::DEVELOPER),
        (Place::Group(partners), INES, level::OWNER),
        (Place::Group(partners), RITA, level::DEVELOPER),
        (Place::Project(shop), DAN, level::DEVELOPER),
        (Place::Project(shop), PETRA, level::PLANNER),
        (Place::Project(shop), NADIA, level::DEVELOPER),
    ] {
        world.add_member(place, user, level);
    }
    world.set_state(BRUNO, UserState::Blocked);
    world.invite_group(Place::Project(shop), partners, level::REPORTER);
    world.add_admin_token(GITLAB_TOKEN);
    world.start_job_with(shop, DAN, JOB_TOKEN);
    world
}

fn shop_in_sonarqube() -> sonarqube::World {
    let mut world = sonarqube::World::default();
    world.gitlab_configuration =
        Some(json!({ "enabled": true, "provisioningType": "JIT", "synchronizeGroups": false }));
    for (id, username, login, name) in PEOPLE {
        if let Some(login) = login {
            world.add_gitlab_user(login, name, id, username);
        }
    }
    world.add_integration("guassp", SONARQUBE_TOKEN);
    world.add_project(PROJECT_KEY, Visibility::Private);
    if let Some(project) = world.projects.get_mut(PROJECT_KEY) {
        "Shop".clone_into(&mut project.name);
    }
    for permission in ["user", "codeviewer", "issueadmin"] {
        world.grant(PROJECT_KEY, "leo-lang88310", permission);
    }
    world
}
