//! Paging, totals, moved projects, rate limits.

use sandbox::GitLab;
use sandbox::gitlab::{LimitStyle, Place, RateLimit, Visibility, level};

use serde_json::Value;

use crate::support::{Api, gitlab};

const MEMBERS: &str = "/api/v4/projects/7/members/all";

async fn crowd(count: u64) -> (GitLab, Api) {
    let (gitlab, api) = gitlab().await;
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_project(7, "acme/shop");
        for n in 1..=count {
            world.add_user(n, &format!("user{n}"));
            world.add_member(Place::Project(7), n, level::DEVELOPER);
        }
    });
    (gitlab, api)
}

#[tokio::test]
async fn a_change_shows_on_the_very_next_page() {
    let (gitlab, api) = crowd(3).await;
    let ids = async || -> Vec<u64> {
        let rows = api.get(MEMBERS).await.json();
        rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect()
    };
    assert_eq!(ids().await, [1, 2, 3]);
    gitlab.world().remove_member(Place::Project(7), 2);
    assert_eq!(ids().await, [1, 3]);
    gitlab.change(|world| world.add_member(Place::Group(10), 2, level::GUEST));
    assert_eq!(ids().await, [1, 2, 3]);
    let left = api.json(reqwest::Method::DELETE, "/api/v4/projects/7/members/3", &Value::Null).await;
    assert_eq!((left.status, ids().await), (204, vec![1, 2]));
}

#[tokio::test]
async fn pages_name_their_neighbours_in_headers() {
    let (gitlab, api) = crowd(250).await;
    let page = api.get(&format!("{MEMBERS}?per_page=100&page=2")).await;
    for (name, value) in [
        ("x-total", "250"),
        ("x-total-pages", "3"),
        ("x-page", "2"),
        ("x-per-page", "100"),
        ("x-next-page", "3"),
        ("x-prev-page", "1"),
    ] {
        assert_eq!(page.header(name), Some(value), "{name}");
    }
    let next = format!("<{}{MEMBERS}?page=3&per_page=100>; rel=\"next\"", gitlab.url());
    assert!(page.header("link").unwrap().contains(&next), "{:?}", page.header("link"));
    assert_eq!(page.json()[0]["id"], 101);
    let last = api.get(&format!("{MEMBERS}?per_page=100&page=3")).await;
    assert_eq!((last.header("x-next-page"), last.json().as_array().unwrap().len()), (Some(""), 50));
    assert_eq!(api.get(MEMBERS).await.json().as_array().unwrap().len(), 20, "the default");
    let capped = api.get(&format!("{MEMBERS}?per_page=1000")).await;
    assert_eq!(capped.json().as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn a_very_long_list_has_no_totals() {
    let (gitlab, api) = crowd(30).await;
    gitlab.world().total_limit = 29;
    let page = api.get(MEMBERS).await;
    assert_eq!((page.header("x-total"), page.header("x-total-pages")), (None, None));
    assert_eq!(page.header("x-next-page"), Some("2"));
    assert!(!page.header("link").unwrap().contains("rel=\"last\""));
}

#[tokio::test]
async fn single_people_are_asked_for_by_id() {
    let (_gitlab, api) = crowd(30).await;
    let some = api.get(&format!("{MEMBERS}?user_ids%5B%5D=3&user_ids[]=29")).await.json();
    assert_eq!(some.as_array().unwrap().len(), 2);
    assert_eq!(api.get(&format!("{MEMBERS}/3")).await.json()["username"], "user3");
    assert_eq!(api.get(&format!("{MEMBERS}/31")).await.status, 404);
}

#[tokio::test]
async fn a_moved_project_answers_by_id_and_redirects_its_old_path() {
    let (gitlab, api) = crowd(1).await;
    gitlab.world().move_project(7, "acme/renamed");
    assert_eq!(api.get("/api/v4/projects/7").await.json()["path_with_namespace"], "acme/renamed");
    let old = api.get("/api/v4/projects/acme%2Fshop").await;
    let place = format!("{}/api/v4/projects/7", gitlab.url());
    assert_eq!((old.status, old.header("location")), (301, Some(place.as_str())));
}

#[tokio::test]
async fn the_application_limit_shows_in_no_header_and_the_throttle_in_all() {
    let (gitlab, api) = crowd(1).await;
    gitlab.world().rate_limit = Some(RateLimit::per_minute(2, LimitStyle::Application));
    for status in [200, 200, 429] {
        assert_eq!(api.get(MEMBERS).await.status, status);
    }
    let limited = api.get(MEMBERS).await;
    let text = "This endpoint has been requested too many times. Try again later.";
    assert_eq!(limited.json()["message"]["error"], text);
    assert_eq!(limited.header("retry-after"), None);
    assert_eq!(api.get("/api/v4/projects/7").await.status, 200, "other calls go on");

    gitlab.world().reset_rate_limit();
    gitlab.world().rate_limit = Some(RateLimit::per_minute(1, LimitStyle::RackAttack));
    assert_eq!(api.get("/api/v4/projects/7").await.status, 200);
    let throttled = api.get("/api/v4/projects/7").await;
    assert_eq!((throttled.status, throttled.text.as_str()), (429, "Retry later\n"));
    assert!(throttled.header("retry-after").is_some() && throttled.header("ratelimit-reset").is_some());
    let reset: u64 = throttled.header("ratelimit-reset").unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    assert!((now..now + 62).contains(&reset), "a unix time: {reset}");
}

#[tokio::test]
async fn what_is_unchanged_is_a_304_without_a_body() {
    let (gitlab, api) = crowd(3).await;
    let first = api.get(MEMBERS).await;
    let tag = first.header("etag").unwrap();
    assert!(tag.starts_with("W/\""), "{tag}");
    let again = || {
        let call = reqwest::Client::new().get(format!("{}{MEMBERS}", gitlab.url()));
        call.header("private-token", "glpat-admin").header("if-none-match", tag).send()
    };
    let same = again().await.unwrap();
    assert_eq!((same.status().as_u16(), same.headers()["x-total"].to_str().unwrap()), (304, "3"));
    assert_eq!(same.text().await.unwrap(), "");
    gitlab.world().remove_member(Place::Project(7), 3);
    assert_eq!(again().await.unwrap().status().as_u16(), 200);
}

#[tokio::test]
async fn without_a_token_only_what_is_public_is_shown() {
    let (gitlab, _api) = crowd(1).await;
    let status = |path: &'static str| {
        let url = format!("{}{path}", gitlab.url());
        async move { reqwest::get(url).await.unwrap().status().as_u16() }
    };
    for (visibility, expected) in
        [(Visibility::Private, 404), (Visibility::Internal, 404), (Visibility::Public, 200)]
    {
        gitlab.world().set_visibility(7, visibility);
        assert_eq!((status("/api/v4/projects/7").await, status(MEMBERS).await), (expected, expected));
    }
    assert_eq!(status("/api/v4/user").await, 401);
}

#[tokio::test]
async fn groups_tell_what_lies_below_and_who_was_invited() {
    let (gitlab, api) = crowd(1).await;
    gitlab.change(|world| {
        world.add_group(11, "acme/sub");
        world.add_project(8, "acme/sub/deep");
        world.add_group(20, "partners");
        world.add_project(9, "partners/own");
        world.invite_group(Place::Project(7), 20, level::REPORTER);
    });
    let count = |value: Value| value.as_array().unwrap().len();
    assert_eq!(count(api.get("/api/v4/groups/10/projects").await.json()), 1);
    assert_eq!(count(api.get("/api/v4/groups/10/projects?include_subgroups=true").await.json()), 2);
    assert_eq!(count(api.get("/api/v4/groups/20/projects").await.json()), 2, "with shared projects");
    assert_eq!(count(api.get("/api/v4/groups/10/descendant_groups").await.json()), 1);
    assert_eq!(api.get("/api/v4/projects/7").await.json()["shared_with_groups"][0]["group_access_level"], 20);
    assert_eq!(api.get("/api/v4/projects/7/invited_groups").await.json()[0]["full_path"], "partners");
}

#[tokio::test]
async fn a_page_of_a_list_of_twenty_thousand_stays_quick() {
    let (_gitlab, api) = crowd(20_000).await;
    let start = std::time::Instant::now();
    let page = api.get(&format!("{MEMBERS}?per_page=100&page=200")).await;
    assert_eq!(page.json().as_array().unwrap().len(), 100);
    assert!(start.elapsed().as_secs() < 5, "{:?}", start.elapsed());
}
