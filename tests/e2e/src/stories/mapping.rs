//! A file tells whose account is whose, where SonarQube does not.

use applier::people::Mapping;
use proto::Verdict;

use super::grants::{DEVELOPER, MAINTAINER};
use crate::{Person, Scene, Settings, Target, grants};

pub async fn an_account_that_tells_no_id_is_found_by_the_user_mapping(target: &Target) {
    // Ids are known before the people are: the mapping is a setting of the services.
    let ids = 800_000_000_000 + 10 * u64::from(std::process::id());
    let person =
        |name: &str, id| Person { id, username: format!("{name}-{id}"), login: format!("{name}-login-{id}") };
    let (by_mail, by_login) = (person("mail", ids), person("login", ids + 1));
    let mail = format!("mail-{ids}@example.com");
    let lines = format!("{ids},{}\n{},{}\n", mail.to_uppercase(), by_login.id, by_login.login);
    let mapping = Mapping::parse(&lines).expect("a mapping");
    let scene = Scene::with(target, Settings { mapping, ..Settings::default() }).await;
    let project = scene.project("mapped").await;
    let owner = scene.person("owner").await;
    scene.join(&project, &owner, 40);
    for (person, mail) in [(&by_mail, mail.as_str()), (&by_login, "other@example.com")] {
        scene.gitlab.world().add_user(person.id, &person.username);
        scene.admin.person_without_id(&person.login, mail).await;
        scene.join(&project, person, 30);
    }
    let task = scene.sync(&project).await;
    assert_eq!((task.verdict(), task.outcome().pending), (Verdict::Done, 0));
    let wanted = [(&owner, MAINTAINER), (&by_mail, DEVELOPER), (&by_login, DEVELOPER)];
    assert_eq!(scene.grants(&project).await, grants(&wanted));
    scene.leave(&project, &by_mail);
    scene.sync(&project).await;
    assert_eq!(scene.grants(&project).await, grants(&[(&owner, MAINTAINER), (&by_login, DEVELOPER)]));
}
