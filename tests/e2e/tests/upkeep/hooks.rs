//! `guassp hooks`, with the tokens that there are.

use e2e::{Project, wait};
use sandbox::gitlab::{HookOwner, Place, level};

use super::{Said, Site};

const URL: &str = "https://guassp.example.com";
const HERE: &str = "https://guassp.example.com/webhooks/gitlab";
const OWNER: &str = "glpat-owner";
const MAINTAINER: &str = "glpat-maintainer";
const READER: &str = "glpat-reader";
const GROUP: u64 = 41;
const PROJECT: u64 = 42;

/// A group with a project, and the tokens of its owner, of a maintainer, and one of an administrator that may only read.
async fn site() -> Site {
    let more = [
        ("GUASSP_WEBHOOKS__URL", URL),
        ("GUASSP_WEBHOOKS__SECRET", "hook-never-to-be-shown"),
        ("GUASSP_APPLIER__CATALOG_REFRESH", "1s"),
    ];
    let site = Site::with(&more).await;
    let mut world = site.scene.gitlab.world();
    world.add_group(GROUP, "acme");
    world.add_project(PROJECT, "acme/shop");
    for (id, name, place, role, token) in [
        (51, "olga", Place::Group(GROUP), level::OWNER, OWNER),
        (52, "max", Place::Project(PROJECT), level::MAINTAINER, MAINTAINER),
    ] {
        world.add_user(id, name);
        world.add_member(place, id, role);
        world.add_token(token, id, &["api"]);
    }
    world.add_user(53, "root");
    world.users.get_mut(&53).expect("a user").admin = true;
    world.add_token(READER, 53, &["read_api"]);
    drop(world);
    site
}

impl Site {
    async fn hooks(&self, arguments: &[&str], token: Option<&str>) -> Said {
        let token: Vec<(&str, &str)> = token.map(|token| ("GITLAB_TOKEN", token)).into_iter().collect();
        let said = self.say_with(&[&["hooks"], arguments].concat(), &token).await;
        let told = format!("{}{}", said.text, said.error);
        assert!(!told.contains("hook-never") && !told.contains("glpat-"), "{said:?}");
        said
    }

    /// The hooks of a place that lead here.
    fn here(&self, owner: HookOwner) -> usize {
        let world = self.scene.gitlab.world();
        world.hooks.by_id.values().filter(|hook| hook.owner == owner && hook.url == HERE).count()
    }
}

#[tokio::test]
async fn each_token_makes_the_hook_that_it_may_once_and_takes_it_away_again() {
    let site = site().await;
    // More than two pages of other people's.
    for other in 0..230 {
        let url = format!("https://other.example.com/{other}");
        site.scene.gitlab.world().add_hook(HookOwner::Instance, &url);
    }
    let project = ["--project", "acme/shop"];
    for (token, place, owner, named) in [
        (None, &[][..], HookOwner::Instance, "system"),
        (Some(OWNER), &[], HookOwner::Group(GROUP), "group acme"),
        (Some(MAINTAINER), &project, HookOwner::Project(PROJECT), "project acme/shop"),
    ] {
        for nth in ["installed", "updated"] {
            let said = site.hooks(&[&["install"], place].concat(), token).await;
            assert_eq!(said.code, Some(0), "{said:?}");
            assert!(said.text.starts_with(&format!("{named}: {nth} (hook ")), "{said:?}");
            assert_eq!(site.here(owner), 1, "{named}: never a second one");
        }
        let said = site.hooks(&[&["list"], place].concat(), token).await;
        let line = format!(" to {HERE}: well\n");
        assert!(said.code == Some(0) && said.text.ends_with(&line), "{said:?}");
        assert_eq!(said.text.lines().count(), 1, "only its own: {said:?}");
        for words in [format!("{named}: removed (hook "), format!("There is no hook to {HERE}.")] {
            let said = site.hooks(&[&["remove"], place].concat(), token).await;
            assert!(said.code == Some(0) && said.text.starts_with(&words), "{said:?}");
        }
        assert_eq!(site.here(owner), 0, "{named}");
    }
    assert_eq!(site.scene.gitlab.world().hooks.by_id.len(), 230, "nobody else's is touched");
}

#[tokio::test]
async fn a_token_that_may_only_read_gets_the_steps_for_a_person() {
    let site = site().await;
    let said = site.hooks(&["install"], Some(READER)).await;
    assert_eq!(said.code, Some(77), "{said:?}");
    let steps = [
        "system: left to a person".to_owned(),
        "  - Nothing was changed: the token lacks the scope api. An administrator of GitLab does this by hand:"
            .to_owned(),
        format!("  - Open {}/admin/hooks", site.scene.gitlab.url()),
        format!("  - Choose \"Add new webhook\", or \"Edit\" where one leads to {HERE} already"),
        format!("  - URL: {HERE}"),
        "  - Secret token: the value of GUASSP_WEBHOOKS__SECRET".to_owned(),
        "  - Not needed: Push events, Tag push events, Merge request events, Repository update events"
            .to_owned(),
        "  - Tick: Enable SSL verification".to_owned(),
        "  - Save, then look whether all is well: guassp doctor --only gitlab".to_owned(),
    ];
    assert_eq!(said.text.lines().collect::<Vec<_>>(), steps, "{}", said.text);
    let all = site.hooks(&["install", "--all-events"], Some(READER)).await;
    let tick = "  - Tick: Push events, Tag push events, Merge request events, Repository update events\n";
    assert!(all.text.contains(tick) && !all.text.contains("Not needed"), "{all:?}");
    assert_eq!(site.here(HookOwner::Instance), 0);
}

#[tokio::test]
async fn a_hook_that_was_installed_so_leads_to_a_grant() {
    for token in [None, Some(OWNER)] {
        let mut site = site().await;
        site.scene.admin.bound_project("shop", PROJECT, false).await;
        site.start(&["gateway", "resolver", "applier"]).await;
        let gateway = site.scene.stack.gateway.clone();
        let said = site.hooks(&["install", "--url", &gateway], token).await;
        assert_eq!(said.code, Some(0), "{said:?}");
        let shop = Project { id: PROJECT, path: "acme/shop".to_owned(), key: "shop".to_owned() };
        site.until_listed(&shop).await;
        let newcomer = site.scene.person("newcomer").await;
        site.scene.gitlab.world().add_member(Place::Group(GROUP), newcomer.id, level::DEVELOPER);
        let granted = async || site.scene.grants(&shop).await.remove(&newcomer.login);
        let granted = wait::until("a grant without a pipeline", granted).await;
        assert!(granted.contains("user"), "{granted:?}");
    }
}
