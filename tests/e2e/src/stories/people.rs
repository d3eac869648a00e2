//! Who counts, and who is left alone.

use std::collections::BTreeSet;

use access::Exemptions;
use proto::{UserId, Verdict};
use sandbox::gitlab::Place;

use super::grants::{DEVELOPER, MAINTAINER, REPORTER};
use crate::{Scene, Settings, Target, grants};

pub async fn a_blocked_person_loses_everything(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("blocked").await;
    let (owner, person) = (scene.person("owner").await, scene.person("blocked").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &person, 30);
    scene.sync(&project).await;
    scene.block(&person);
    let task = scene.sync(&project).await;
    assert_eq!(task.outcome().left_out_people.first().map(|left| left.id), Some(Scene::user(&person)));
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}

pub async fn somebody_who_never_signed_in_is_reported_and_granted_later(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("newcomer").await;
    let (owner, newcomer) = (scene.person("owner").await, scene.stranger("newcomer"));
    scene.join(&project, &owner, 50);
    scene.join(&project, &newcomer, 30);
    let task = scene.sync(&project).await;
    assert_eq!(task.verdict(), Verdict::Done);
    assert_eq!(task.outcome().pending, 1);
    assert_eq!(task.outcome().pending_people.first().map(|person| person.id), Some(Scene::user(&newcomer)));
    scene.sign_in(&newcomer).await;
    let task = scene.sync(&project).await;
    assert_eq!(task.outcome().pending, 0);
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&newcomer, DEVELOPER)]));
}

pub async fn a_renamed_person_keeps_the_grants(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("renamed").await;
    let (owner, person) = (scene.person("owner").await, scene.person("before").await);
    scene.join(&project, &owner, 50);
    scene.join(&project, &person, 30);
    scene.sync(&project).await;
    let held = scene.grants(&project).await;
    scene.gitlab.world().add_user(person.id, &format!("after-{}", person.id));
    assert_eq!(scene.sync(&project).await.writes(), 0);
    assert_eq!(scene.grants(&project).await, held);
}

pub async fn an_owner_of_the_group_administers(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("inherited").await;
    let (owner, guest) = (scene.person("owner").await, scene.person("invited").await);
    let (group, partners) = (scene.id(), scene.id());
    {
        let mut world = scene.gitlab.world();
        let parent = format!("company-{group}");
        world.add_group(group, &parent);
        world.move_project(project.id, &format!("{parent}/inherited"));
        world.add_member(Place::Group(group), owner.id, 50);
        world.add_group(partners, &format!("partners-{partners}"));
        world.add_member(Place::Group(partners), guest.id, 50);
        world.invite_group(Place::Project(project.id), partners, 20);
    }
    scene.sync(&project).await;
    let wanted = [(&owner, MAINTAINER), (&guest, REPORTER)];
    assert_eq!(
        scene.grants(&project).await,
        grants(&wanted),
        "an invited group's owner is capped by the invitation"
    );
}

pub async fn a_bot_gets_nothing(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("robots").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    scene.gitlab.world().add_bot(Place::Project(project.id), 40);
    let task = scene.sync(&project).await;
    assert_eq!((task.outcome().members, task.outcome().left_out), (1, 1));
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER)]));
}

pub async fn what_is_not_ours_stays_untouched(target: &Target) {
    let scene = Scene::start(target).await;
    let project = scene.project("foreign").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 50);
    let local = format!("local-{}", scene.id());
    let group = format!("auditors-{}", scene.id());
    scene.admin.local_person(&local).await;
    scene.admin.group(&group, &[]).await;
    // The first sync makes the project private, which gives `user` and `codeviewer` to every holder: SonarQube's doing.
    scene.sync(&project).await;
    scene.admin.grant(&project.key, &local, "user").await;
    scene.admin.grant(&project.key, &local, "admin").await;
    scene.admin.grant_group(&project.key, &group, "codeviewer").await;
    let groups = scene.admin.group_grants(&project.key).await;
    scene.sync(&project).await;
    let mut wanted = grants(&[(&owner, MAINTAINER)]);
    wanted.insert(local, BTreeSet::from(["user".to_owned(), "admin".to_owned()]));
    assert_eq!(scene.grants(&project).await, wanted);
    assert_eq!(scene.admin.group_grants(&project.key).await, groups);
}

pub async fn exempt_people_are_left_alone(target: &Target) {
    // Ids are known before the people are: the exemption is a setting of the services.
    let mut settings = Settings::default();
    let skipped = format!("left-alone-{}", std::process::id());
    settings.skip_groups = vec![skipped.clone()];
    let by_id = 900_000_000_000 + u64::from(std::process::id());
    settings.exempt = Exemptions { users: BTreeSet::from([UserId(by_id)]), ..Exemptions::default() };
    let scene = Scene::with(target, settings).await;
    let project = scene.project("exempt").await;
    let (owner, in_group) = (scene.person("owner").await, scene.person("ingroup").await);
    let exempt = crate::Person {
        id: by_id,
        username: format!("exempt-{by_id}"),
        login: format!("exempt-login-{by_id}"),
    };
    scene.gitlab.world().add_user(exempt.id, &exempt.username);
    scene.sign_in(&exempt).await;
    scene.admin.group(&skipped, &[&in_group.login]).await;
    scene.join(&project, &owner, 50);
    scene.join(&project, &exempt, 40);
    scene.join(&project, &in_group, 40);
    scene.sync(&project).await;
    scene.admin.grant(&project.key, &exempt.login, "scan").await;
    scene.admin.grant(&project.key, &in_group.login, "issueadmin").await;
    scene.sync(&project).await;
    let wanted = [(&owner, MAINTAINER), (&exempt, "scan"), (&in_group, "issueadmin")];
    assert_eq!(scene.grants(&project).await, grants(&wanted), "neither given nor taken");
}
