//! A project with many people.

use std::collections::BTreeSet;

use super::grants::{DEVELOPER, GUEST, MAINTAINER, REPORTER};
use crate::{Grants, Scene, Target};

/// Level and what it is worth.
const LEVELS: [(u16, &str); 8] = [
    (5, ""),
    (10, GUEST),
    (15, GUEST),
    (20, REPORTER),
    (25, REPORTER),
    (30, DEVELOPER),
    (40, MAINTAINER),
    (50, MAINTAINER),
];

pub async fn a_hundred_members_of_all_levels(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("hundred").await;
    let mut wanted = Grants::new();
    for (index, (level, permissions)) in LEVELS.iter().cycle().take(100).enumerate() {
        let person = scene.person(&format!("member{index}")).await;
        scene.join(&project, &person, *level);
        let permissions: BTreeSet<String> = permissions.split_whitespace().map(str::to_owned).collect();
        if !permissions.is_empty() {
            wanted.insert(person.login, permissions);
        }
    }
    scene.sync(&project).await;
    assert_eq!(scene.grants(&project).await, wanted);

    let calls = |method: &str| scene.calls("gitlab", method) + scene.calls("sonarqube", method);
    let (read, written) = (calls("GET"), calls("POST"));
    // The job's token is looked at once for the task and once for each question about it, which are not the sync's.
    let verified =
        scene.gitlab.requests().iter().filter(|request| request.path.ends_with("/job")).count() as u64;
    let task = scene.sync(&project).await;
    let verified =
        scene.gitlab.requests().iter().filter(|r| r.path.ends_with("/job")).count() as u64 - verified - 1;
    assert_eq!(task.writes(), 0);
    assert_eq!(calls("POST"), written, "an unchanged project is not written to");
    let read = calls("GET") - read - verified;
    assert!(read <= 15, "an unchanged sync took {read} calls");
}
