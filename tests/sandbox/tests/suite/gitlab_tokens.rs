//! What a token may and until when, what time it is, which GitLab this is, and where somebody is a member.

use sandbox::GitLab;
use sandbox::gitlab::{Place, level};
use serde_json::json;

use crate::support::{Api, gitlab};

async fn ground() -> (GitLab, Api) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_project(7, "acme/shop");
        world.add_user(101, "ann");
        world.add_member(Place::Group(10), 101, level::OWNER);
        world.add_member(Place::Project(7), 101, level::GUEST);
        world.request_access(Place::Project(7), 101);
    });
    (gitlab, api)
}

#[tokio::test]
async fn direct_memberships_are_for_administrators() {
    let (gitlab, api) = ground().await;
    let rows = api.get("/api/v4/users/101/memberships").await;
    assert_eq!(
        rows.json(),
        json!([
            { "source_id": 10, "source_name": "acme", "source_type": "Namespace", "access_level": 50 },
            { "source_id": 7, "source_name": "shop", "source_type": "Project", "access_level": 10 },
        ])
    );
    assert_eq!(rows.header("x-total"), Some("2"));
    let page = api.get("/api/v4/users/101/memberships?per_page=1&page=2").await.json();
    assert_eq!((page.as_array().unwrap().len(), &page[0]["source_id"]), (1, &json!(7)));
    let groups = api.get("/api/v4/users/101/memberships?type=Namespace").await.json();
    assert_eq!((groups.as_array().unwrap().len(), &groups[0]["source_id"]), (1, &json!(10)));
    assert_eq!(api.get("/api/v4/users/102/memberships").await.status, 404);
    gitlab.world().add_token("glpat-ann", 101, &["api"]);
    assert_eq!(Api::new(gitlab.url(), "glpat-ann").get("/api/v4/users/101/memberships").await.status, 403);
}

#[tokio::test]
async fn a_token_ends_with_the_beginning_of_its_date() {
    let (gitlab, api) = ground().await;
    let date = |offset_s: i64| {
        gitlab.change(|world| {
            world.clock_offset_s = offset_s;
            world.now().strftime("%Y-%m-%d").to_string()
        })
    };
    let (today, tomorrow) = (date(0), date(24 * 3600));
    gitlab.world().clock_offset_s = 0;
    gitlab.world().set_token_end("glpat-admin", Some(&tomorrow));
    let own = api.get("/api/v4/personal_access_tokens/self").await.json();
    assert_eq!((&own["expires_at"], &own["active"]), (&json!(tomorrow), &json!(true)));
    gitlab.world().set_token_end("glpat-admin", Some(&today));
    let refused = api.get("/api/v4/personal_access_tokens/self").await;
    assert_eq!((refused.status, &refused.json()["error"]), (401, &json!("invalid_token")));
    gitlab.world().set_token_end("glpat-admin", None);
    assert_eq!(api.get("/api/v4/user").await.status, 200);
}

#[tokio::test]
async fn every_answer_tells_the_time_of_gitlabs_clock() {
    let (gitlab, api) = ground().await;
    gitlab.world().clock_offset_s = -90;
    for (path, status) in [("/api/v4/projects/7", 200), ("/api/v4/projects/8", 404), ("/nowhere", 404)] {
        let reply = api.get(path).await;
        assert_eq!(reply.status, status);
        let told = jiff::fmt::rfc2822::parse(reply.header("date").unwrap()).unwrap().timestamp();
        let machine = gitlab.world().now().as_second() + 90;
        assert!((85..=95).contains(&(machine - told.as_second())), "{told}");
    }
}

#[tokio::test]
async fn the_edition_follows_from_the_version() {
    let (gitlab, api) = ground().await;
    for (version, enterprise) in [("18.6.0-ee", true), ("17.11.2", false), ("18.7.0-pre", false)] {
        gitlab.world().version = version.to_owned();
        let metadata = api.get("/api/v4/metadata").await.json();
        assert_eq!((&metadata["version"], &metadata["enterprise"]), (&json!(version), &json!(enterprise)));
    }
}
