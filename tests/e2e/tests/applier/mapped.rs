//! A line of the user mapping that leads to the wrong account changes nothing, and is told.

use applier::people::Mapping;
use e2e::{Scene, Settings, Target, grants};
use proto::Verdict;
use sandbox::gitlab::level;

#[tokio::test]
async fn a_line_that_names_somebody_elses_account_changes_nothing_and_is_told() {
    // GitLab's ids 1 to 3 have no account of their own in SonarQube.
    let lines = "1,local\n2,stranger\n3,shared@example.com\n";
    let mapping = Mapping::parse(lines).expect("a mapping");
    let scene = Scene::with(&Target::Model, Settings { mapping, ..Settings::default() }).await;
    let project = scene.project("mapped").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, level::MAINTAINER);
    assert_eq!(scene.sync(&project).await.verdict(), Verdict::Done);
    {
        let mut world = scene.gitlab.world();
        for (id, name) in [(1, "alocal"), (2, "another"), (3, "ashared")] {
            world.add_user(id, name);
            world.add_member(sandbox::gitlab::Place::Project(project.id), id, level::DEVELOPER);
        }
    }
    scene.model().change(|world| {
        world.add_local_user("local", "Local", Some("secret"));
        world.add_gitlab_user("stranger", "Stranger", 99, "stranger");
        for login in ["shared1", "shared2"] {
            let id = world.add_gitlab_user(login, "Shared", 0, login);
            let user = world.users.get_mut(&id).expect("the user");
            (user.external_id, user.email) = (login.to_owned(), Some("shared@example.com".to_owned()));
        }
        for login in ["local", "stranger", "shared1", "shared2"] {
            world.grant(&project.key, login, "scan");
        }
    });
    let before = scene.grants(&project).await;
    let task = scene.sync(&project).await;
    assert_eq!((task.verdict(), task.writes()), (Verdict::Done, 0), "{task:?}");
    let kept = &task.only().kept;
    for words in [
        "the user mapping names local for alocal (GitLab id 1)",
        "another (GitLab id 2) cannot be told from somebody else in SonarQube (stranger)",
        "ashared (GitLab id 3) cannot be told from somebody else in SonarQube (shared1, shared2)",
    ] {
        assert!(kept.iter().any(|kept| kept.contains(words)), "{words}: {kept:?}");
    }
    assert_eq!(scene.grants(&project).await, before);
    assert!(before.len() == 5 && before.contains_key(&owner.login));
    assert_ne!(before, grants(&[]));
}
