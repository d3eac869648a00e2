//! The worlds of the benchmarks are as large as they are said to be.

use sandbox::bench::Size;
use sandbox::gitlab::{Place, level};

use crate::support::Api;

fn worlds(size: &str) -> sandbox::Worlds {
    size.parse::<Size>().unwrap().worlds()
}

#[test]
fn a_size_is_a_kind_and_a_number() {
    assert_eq!("project:10".parse(), Ok(Size::Project { members: 10 }));
    assert_eq!("sweep:2000".parse(), Ok(Size::Sweep { projects: 2000 }));
    for wrong in ["project", "project:0", "sweep:many", "city:3"] {
        assert!(wrong.parse::<Size>().is_err(), "{wrong}");
    }
}

#[test]
fn a_project_has_so_many_members_of_whom_one_owns_its_group() {
    for members in [1, 10, 250] {
        let worlds = worlds(&format!("project:{members}"));
        let [project] = worlds.gitlab.projects.keys().copied().collect::<Vec<_>>()[..] else { panic!() };
        let levels = worlds.gitlab.effective(project);
        assert_eq!(levels.len(), members);
        assert_eq!(levels.values().filter(|held| **held == level::OWNER).count(), 1);
        assert_eq!(worlds.bound, [(format!("project-{project}"), project)]);
    }
}

#[test]
fn a_sweep_has_a_tenth_as_many_groups_and_half_as_many_people() {
    let worlds = worlds("sweep:500");
    let world = &worlds.gitlab;
    assert_eq!((world.projects.len(), world.groups.len(), worlds.bound.len()), (500, 50, 500));
    // The administrator is one more.
    assert_eq!(world.users.len(), 251);
    let people = world.projects.keys().map(|project| world.effective(*project).len());
    assert_eq!((people.clone().min(), people.max()), (Some(7), Some(34)));
    let invited = |is_group: bool| {
        world.links.iter().filter(|link| matches!(link.place, Place::Group(_)) == is_group).count()
    };
    assert_eq!((invited(true), invited(false)), (23, 100));
    assert!(world.projects.values().all(|project| project.path_with_namespace.split('/').count() == 3));
}

#[tokio::test]
async fn every_project_is_bound_and_nobody_has_signed_in() {
    let free = "127.0.0.1:0".parse().unwrap();
    let running = worlds("sweep:20").serve(free, free).await.unwrap();
    let summary = running.summary();
    let token = |system: &str| summary[system]["token"].as_str().unwrap();
    let api = Api::new(running.sonarqube.url(), token("sonarqube"));
    let bindings = api.get("/api/v2/dop-translation/project-bindings?pageSize=500").await.json();
    assert_eq!(bindings["page"]["total"], 20);
    let people = api.get("/api/v2/users-management/users").await.json();
    let from_gitlab =
        people["users"].as_array().unwrap().iter().filter(|user| user["externalProvider"] == "gitlab");
    assert_eq!(from_gitlab.count(), 0);
    let gitlab = Api::new(running.gitlab.url(), token("gitlab"));
    for project in summary["projects"].as_array().unwrap() {
        assert_eq!(gitlab.get(&format!("/api/v4/projects/{project}/members/all")).await.status, 200);
    }
}
