//! Tokens that are exchanged in their files while the services run.

use std::path::Path;

use proto::Verdict;
use sandbox::{
    gitlab::{TokenState, level},
    sonarqube::TokenKind,
};

use super::Site;

const ROUNDS: usize = 3;

fn write(folder: &Path, name: &str, token: &str) {
    // As orchestrators do: the new file takes the place of the old one at once.
    let (new, file) = (folder.join(format!("{name}.new")), folder.join(name));
    std::fs::write(&new, format!("{token}\n")).expect("written");
    std::fs::rename(new, file).expect("in place");
}

/// A new token, and the end of the one before, for the resolver and for the applier.
fn exchange(site: &Site, folder: &Path, round: usize) {
    let (old, new) = (round - 1, round);
    {
        let mut world = site.scene.gitlab.world();
        let user = world.tokens[&format!("glpat-{old}")].user;
        world.add_token(&format!("glpat-{new}"), user, &["api", "read_api", "admin_mode"]);
        write(folder, "gitlab", &format!("glpat-{new}"));
        world.set_token_state(&format!("glpat-{old}"), TokenState::Revoked);
    }
    let mut world = site.scene.model().world();
    let user = world.tokens[&format!("squ_{old}")].user.clone();
    world.add_token(&format!("squ_{new}"), &user, TokenKind::User);
    write(folder, "sonarqube", &format!("squ_{new}"));
    world.tokens.remove(&format!("squ_{old}"));
}

#[tokio::test]
async fn tokens_are_exchanged_without_a_restart_and_no_task_fails() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    let mut site =
        Site::with(&[("GITLAB_TOKEN_FILE", &path("gitlab")), ("SONARQUBE_TOKEN_FILE", &path("sonarqube"))])
            .await;
    site.environment.retain(|(name, _)| name != "GITLAB_TOKEN" && name != "SONARQUBE_TOKEN");
    // One attempt only: what fails once has failed.
    site.environment.push(("GUASSP_RESOLVER__RETRY__ATTEMPTS".to_owned(), "1".to_owned()));
    site.environment.push(("GUASSP_APPLIER__RETRY__ATTEMPTS".to_owned(), "1".to_owned()));
    site.scene.gitlab.world().add_admin_token("glpat-0");
    {
        let mut world = site.scene.model().world();
        let user = world.tokens["squ_scene"].user.clone();
        world.add_token("squ_0", &user, TokenKind::User);
    }
    write(folder.path(), "gitlab", "glpat-0");
    write(folder.path(), "sonarqube", "squ_0");
    site.start(&["gateway", "resolver", "applier"]).await;
    let project = site.scene.project("shop").await;
    let mut held = 0;
    for round in 1..=ROUNDS {
        for nth in 0..2 {
            if nth == 1 {
                exchange(&site, folder.path(), round);
            }
            let person = site.scene.person("member").await;
            site.scene.join(&project, &person, level::DEVELOPER);
            let task = site.scene.sync(&project).await;
            assert_eq!((task.verdict(), task.only().revoked), (Verdict::Done, 0), "round {round}: {task:?}");
            held += 1;
            assert_eq!(site.scene.grants(&project).await.len(), held, "round {round}");
        }
    }
    for role in ["resolver", "applier"] {
        let changed = site
            .log(role)
            .iter()
            .filter(|line| line["message"].to_string().contains("a secret has changed"))
            .count();
        assert_eq!(changed, ROUNDS, "{role} has run all the time");
    }
}
