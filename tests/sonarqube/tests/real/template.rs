//! A permission template replaces everything on a project, at one moment.

use std::collections::BTreeSet;
use std::pin::pin;

use e2e::{Grants, Person, Scene, Target};
use futures::{StreamExt, stream};

use super::crowd;
use super::server::{Held, Server};

/// A permission template on the server.
struct Template<'a> {
    server: &'a Server,
    name: String,
}

impl<'a> Template<'a> {
    /// A template with this in it.
    async fn filled(server: &'a Server, name: String, people: &Grants, groups: &Grants) -> Self {
        server.post("/api/permissions/create_template", &[("name", &name)]).await;
        let template = Self { server, name };
        template.fill("/api/permissions/add_user_to_template", "login", people).await;
        template.fill("/api/permissions/add_group_to_template", "groupName", groups).await;
        template
    }

    async fn fill(&self, path: &str, holder: &str, grants: &Grants) {
        let fill = async |(name, permission)| {
            let form = [("templateName", self.name.as_str()), (holder, name), ("permission", permission)];
            self.server.post(path, &form).await;
        };
        stream::iter(crowd::pairs(grants)).map(fill).buffer_unordered(crowd::AT_A_TIME).collect::<()>().await;
    }

    async fn apply(&self, key: &str) {
        let form = [("projectKey", key), ("templateName", self.name.as_str())];
        self.server.post("/api/permissions/apply_template", &form).await;
    }
}

fn set(permissions: &str) -> BTreeSet<String> {
    permissions.split_whitespace().map(str::to_owned).collect()
}

fn each(people: &[Person], permissions: &str) -> Grants {
    people.iter().map(|person| (person.login.clone(), set(permissions))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_replaces_everything_on_one_project() {
    let scene = Scene::start(&Target::Real).await;
    let server = Server::named().await;
    let projects = crowd::projects(&scene, "templated", 2).await;
    let [project, neighbour] = projects.as_slice() else { unreachable!("two") };
    let people = crowd::people(&scene, "templated", 30).await;
    let (leaving, others) = people.split_at(10);
    let (staying, joining) = others.split_at(10);
    let [before, after] = ["before", "after"].map(|name| format!("{name}-{}", scene.id()));
    scene.admin.group(&before, &[]).await;
    scene.admin.group(&after, &[]).await;

    let mut held = each(leaving, "user admin");
    held.extend(each(staying, "codeviewer scan"));
    for project in [project, neighbour] {
        // The administrator of the scene grants itself `admin` for this, and SonarQube then `user` and `codeviewer`.
        scene.admin.set_visibility(&project.key, "private").await;
        crowd::grant(&scene, project, &held).await;
        scene.admin.grant_group(&project.key, &before, "issueadmin").await;
    }
    let found = server.held(&scene, &project.key).await;
    assert_eq!(found.people, held);
    // Whoever has a project made has `scan` on it, too.
    assert_eq!(found.own, set("user codeviewer scan admin"));
    assert!(found.groups.contains_key(&before) && found.groups.contains_key("sonar-administrators"));

    let mut wanted = Held {
        people: each(staying, "user securityhotspotadmin"),
        groups: Grants::from([(after, set("user codeviewer"))]),
        own: set("user admin"),
    };
    wanted.people.extend(each(joining, "user codeviewer"));
    let mut filled = wanted.people.clone();
    filled.insert(server.login.clone(), wanted.own.clone());
    let name = format!("templated-{}", scene.id());
    Template::filled(&server, name, &filled, &wanted.groups).await.apply(&project.key).await;
    assert_eq!(server.held(&scene, &project.key).await, wanted);
    assert_eq!(server.held(&scene, &neighbour.key).await, found);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_template_is_never_seen_half_applied() {
    let scene = Scene::start(&Target::Real).await;
    let server = Server::named().await;
    let project = scene.project("switched").await;
    scene.admin.set_visibility(&project.key, "private").await;
    let name = format!("switched{}", scene.id());
    let people = crowd::people(&scene, &name, 40).await;
    let states = [each(&people, "user"), each(&people, "codeviewer issueadmin scan")];
    let [weak, strong] = states.each_ref();
    let none = Grants::new();
    let templates = [
        Template::filled(&server, format!("{name}-weak"), weak, &none).await,
        Template::filled(&server, format!("{name}-strong"), strong, &none).await,
    ];
    templates[1].apply(&project.key).await;

    let mut switching = pin!(async {
        for template in templates.iter().cycle().take(20) {
            template.apply(&project.key).await;
        }
    });
    let mut seen = BTreeSet::new();
    loop {
        tokio::select! {
            () = &mut switching => break,
            held = server.matching(&project.key, &name) => seen.insert(held),
        };
    }
    assert_eq!(seen, BTreeSet::from(states));
}
