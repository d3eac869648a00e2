//! Many people, projects and grants at once.

use e2e::{Grants, Person, Project, Scene};
use futures::{StreamExt, stream};

/// Calls to SonarQube at a time.
pub(crate) const AT_A_TIME: usize = 16;

/// So many people with an account on both sides, who share the first part of their names.
pub(crate) async fn people(scene: &Scene, name: &str, count: usize) -> Vec<Person> {
    let people = stream::iter(0..count).map(|_| scene.person(name));
    people.buffered(AT_A_TIME).collect().await
}

/// So many private projects of GitLab, each with a project of SonarQube that is bound to it.
pub(crate) async fn projects(scene: &Scene, name: &str, count: usize) -> Vec<Project> {
    let projects = stream::iter(0..count).map(|_| scene.project(name));
    projects.buffered(AT_A_TIME).collect().await
}

/// Grants all of this on a project, by hand and not by guassp.
pub(crate) async fn grant(scene: &Scene, project: &Project, grants: &Grants) {
    let grant = async |(login, permission)| scene.admin.grant(&project.key, login, permission).await;
    stream::iter(pairs(grants)).map(grant).buffer_unordered(AT_A_TIME).collect::<()>().await;
}

/// Holder and permission, for each grant.
pub(crate) fn pairs(grants: &Grants) -> impl Iterator<Item = (&str, &str)> {
    let held = |(holder, held)| std::iter::repeat(holder).zip(held);
    grants.iter().flat_map(held).map(|(holder, permission): (&String, &String)| (&**holder, &**permission))
}
