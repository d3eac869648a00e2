//! Hooks are made once at a place, changed where they differ, taken away alone, and left to a person where the token may not.

use std::sync::Arc;

use axum::http::Method;
use resolver::hooks::{Choice, Done, Events, Health, HookError, Hooks, Mode, Outcome, Wanted};
use runtime::{metrics::Metrics, secret::Secret};
use serde_json::{Value, json};

use crate::{hook_host::HookHost, stage::config};

const URL: &str = "https://guassp.example.com/webhooks/gitlab";
const SECRET: &str = "never-to-be-shown";

fn wanted(secret: Option<&str>) -> Wanted {
    Wanted::at(&"https://guassp.example.com".parse().unwrap(), secret.map(Secret::from), None)
}

/// A GitLab whose token has this standing, and a client of it.
async fn host(is_admin: bool, scopes: &[&'static str]) -> (HookHost, Hooks) {
    let host = HookHost::default();
    {
        let mut known = host.known();
        (known.is_admin, known.scopes, known.premium) = (is_admin, scopes.to_vec(), true);
    }
    let config = config(&host.open().await, "glpat-never-to-be-shown");
    let hooks = Hooks::new(&config, Arc::new(Metrics::new().unwrap())).unwrap();
    (host, hooks)
}

async fn install(hooks: &Hooks, wanted: &Wanted, choice: &Choice, mode: Mode) -> Vec<Done> {
    try_install(hooks, wanted, choice, mode).await.unwrap()
}

async fn try_install(
    hooks: &Hooks,
    wanted: &Wanted,
    choice: &Choice,
    mode: Mode,
) -> Result<Vec<Done>, HookError> {
    hooks.install(wanted, &hooks.places(choice).await?, mode).await
}

async fn remove(hooks: &Hooks, wanted: &Wanted, choice: &Choice, mode: Mode) -> Vec<Done> {
    hooks.remove(wanted, &hooks.places(choice).await.unwrap(), mode).await
}

async fn list(hooks: &Hooks, wanted: &Wanted, choice: &Choice) -> Health {
    hooks.list(wanted, &hooks.places(choice).await.unwrap()).await.unwrap()
}

fn results(done: &[Done]) -> Vec<(&str, Outcome)> {
    done.iter().map(|done| (done.place.as_str(), done.result)).collect()
}

#[tokio::test]
async fn an_administrator_gets_one_system_hook_however_often_it_is_asked_for() {
    let (host, hooks) = host(true, &["api"]).await;
    let (wanted, bare, everywhere) = (wanted(Some(SECRET)), wanted(None), Choice::default());
    let dry = install(&hooks, &wanted, &everywhere, Mode::DryRun).await;
    assert_eq!(results(&dry), [("system", Outcome::WouldInstall)]);
    assert!(host.known().written.is_empty());
    let done = install(&hooks, &wanted, &everywhere, Mode::Apply).await;
    assert_eq!(results(&done), [("system", Outcome::Installed)]);
    let again = install(&hooks, &bare, &everywhere, Mode::Apply).await;
    assert_eq!(results(&again), [("system", Outcome::Unchanged)]);
    let known = host.known();
    assert_eq!((known.written.len(), known.hooks["/hooks"].len()), (1, 1));
    assert_eq!(known.hooks["/hooks"][0]["url"], URL);
    assert_eq!(known.hooks["/hooks"][0]["enable_ssl_verification"], true);
}

#[tokio::test]
async fn a_hook_on_a_later_page_is_found() {
    let (host, hooks) = host(true, &["api"]).await;
    for other in 0..230 {
        host.known().add("/hooks", &json!({ "url": format!("https://other.example.com/{other}") }));
    }
    host.known().add("/hooks", &json!({ "url": format!("{URL}/") }));
    let done = install(&hooks, &wanted(None), &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("system", Outcome::Unchanged)]);
    let known = host.known();
    assert_eq!((known.lists, known.hooks["/hooks"].len()), (3, 231));
}

#[tokio::test]
async fn what_differs_is_changed_and_secrets_are_written_and_shown_nowhere() {
    let (host, hooks) = host(true, &["api"]).await;
    let old = json!({ "url": URL, "push_events": false, "repository_update_events": true,
        "enable_ssl_verification": false, "token_present": false });
    host.known().add("/hooks", &old);
    let wanted = wanted(Some(SECRET)).sending(Events::All);
    let health = list(&hooks, &wanted, &Choice::default()).await;
    assert_eq!(
        health.hooks[0].problems,
        ["Push events are not sent", "SSL verification is off", "it has no secret token"]
    );
    let done = install(&hooks, &wanted, &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("system", Outcome::Updated)]);
    assert_eq!(done[0].details.len(), 4, "{done:?}");
    {
        let known = host.known();
        let (method, sent) = &known.written[0];
        assert_eq!((method, &sent["token"], known.written.len()), (&Method::PUT, &json!(SECRET), 1));
        assert_eq!(known.hooks["/hooks"].len(), 1);
    }
    let health = list(&hooks, &wanted, &Choice::default()).await;
    assert!(health.hooks[0].problems.is_empty() && health.without.is_empty(), "{health:?}");
    assert!(!format!("{done:?} {health:?} {wanted:?} {hooks:?}").contains(SECRET));
}

#[tokio::test]
async fn without_an_administrator_the_owned_top_level_groups_get_one_each() {
    let (host, hooks) = host(false, &["api"]).await;
    let done = install(&hooks, &wanted(Some(SECRET)), &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("group acme", Outcome::Installed)]);
    assert_eq!(host.known().hooks["/groups/10/hooks"][0]["member_events"], true);
    let projects = Choice { projects: vec!["acme/shop".to_owned()], ..Choice::default() };
    let done = install(&hooks, &wanted(Some(SECRET)), &projects, Mode::Apply).await;
    assert_eq!(results(&done), [("project acme/shop", Outcome::Installed)]);
    assert!(host.known().hooks["/projects/7/hooks"][0].get("member_events").is_none());
}

/// The events that a hook is switched on for, and off for.
fn switched(hook: &serde_json::Map<String, Value>) -> (Vec<&str>, Vec<&str>) {
    let of = |on: bool| {
        let named = hook.iter().filter(move |(name, value)| name.ends_with("_events") && **value == on);
        named.map(|(name, _)| name.as_str()).collect()
    };
    (of(true), of(false))
}

#[tokio::test]
async fn a_hook_sends_what_access_needs_and_everything_only_where_that_is_asked_for() {
    let access = ["member_events", "project_events", "subgroup_events"];
    for (is_admin, path, needed, all) in
        [(true, "/hooks", &[][..], 4), (false, "/groups/10/hooks", &access[..], 20)]
    {
        let (host, hooks) = host(is_admin, &["api"]).await;
        let (plain, everywhere) = (wanted(None), Choice::default());
        install(&hooks, &wanted(Some(SECRET)), &everywhere, Mode::Apply).await;
        {
            let known = host.known();
            let (on, off) = switched(&known.hooks[path][0]);
            assert_eq!((on.as_slice(), off.len()), (needed, all - needed.len()), "{path}");
        }

        let everything = plain.clone().sending(Events::All);
        let done = install(&hooks, &everything, &everywhere, Mode::Apply).await;
        assert_eq!(
            (done[0].result, done[0].details.len()),
            (Outcome::Updated, all - needed.len()),
            "{done:?}"
        );
        let again = install(&hooks, &everything, &everywhere, Mode::Apply).await;
        assert_eq!(again[0].result, Outcome::Unchanged);
        // Whoever needs less takes nothing away from those who consume the rest.
        let plainly = install(&hooks, &plain, &everywhere, Mode::Apply).await;
        assert_eq!(plainly[0].result, Outcome::Unchanged);
        assert!(list(&hooks, &plain, &everywhere).await.hooks[0].problems.is_empty());
        let known = host.known();
        assert_eq!((switched(&known.hooks[path][0]).0.len(), known.hooks[path].len()), (all, 1), "{path}");
    }
}

#[tokio::test]
async fn what_access_needs_is_switched_on_and_the_rest_is_left_as_it_is() {
    let (host, hooks) = host(false, &["api"]).await;
    let by_hand = json!({ "url": URL, "push_events": true, "member_events": false });
    host.known().add("/groups/10/hooks", &by_hand);
    let done = install(&hooks, &wanted(None), &Choice::default(), Mode::Apply).await;
    assert_eq!(
        (done[0].result, &done[0].details[..]),
        (Outcome::Updated, &["Member events are not sent".to_owned()][..])
    );
    let known = host.known();
    let hook = &known.hooks["/groups/10/hooks"][0];
    assert_eq!((&hook["push_events"], &hook["member_events"]), (&json!(true), &json!(true)));
}

#[tokio::test]
async fn what_the_token_may_not_is_told_as_steps_and_nothing_is_changed() {
    let secret = Some(SECRET);
    let (read_only, hooks) = host(true, &["read_api"]).await;
    let done = install(&hooks, &wanted(secret), &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("system", Outcome::ByHand)]);
    let steps = done[0].details.join("\n");
    for words in [
        "lacks the scope api",
        "/admin/hooks",
        &format!("URL: {URL}"),
        "the value of GUASSP_WEBHOOKS__SECRET",
        "Not needed: Push events, Tag push events, Merge request events, Repository update events",
        "Enable SSL verification",
        "guassp doctor",
    ] {
        assert!(steps.contains(words), "{words}: {steps}");
    }
    assert!(!steps.contains(SECRET) && read_only.known().written.is_empty(), "{steps}");

    let (free, hooks) = host(false, &["api"]).await;
    free.known().premium = false;
    let done = install(&hooks, &wanted(secret), &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("group acme", Outcome::ByHand)]);
    let steps = done[0].details.join("\n");
    assert!(steps.contains("/groups/acme/-/hooks") && steps.contains("GitLab Premium"), "{steps}");
    assert!(steps.contains("Tick: Member events, Subgroup events, Project events\n"), "{steps}");
    let health = list(&hooks, &wanted(None), &Choice::default()).await;
    assert!(health.hooks.is_empty() && health.unseen.len() == 1, "{health:?}");
    assert!(free.known().written.is_empty());
}

#[tokio::test]
async fn only_hooks_that_lead_here_are_removed() {
    let (host, hooks) = host(true, &["api"]).await;
    for url in ["https://other.example.com/webhooks/gitlab", URL, URL] {
        host.known().add("/hooks", &json!({ "url": url }));
    }
    let health = list(&hooks, &wanted(None), &Choice::default()).await;
    assert!(
        health.hooks.iter().all(|hook| hook.problems == ["there are 2 of them: remove all but one"]),
        "{health:?}"
    );
    let dry = remove(&hooks, &wanted(None), &Choice::default(), Mode::DryRun).await;
    assert_eq!((dry.len(), host.known().written.len()), (2, 0));
    let done = remove(&hooks, &wanted(None), &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("system", Outcome::Removed), ("system", Outcome::Removed)]);
    assert_eq!(host.known().hooks["/hooks"].len(), 1);
    assert!(remove(&hooks, &wanted(None), &Choice::default(), Mode::Apply).await.is_empty());
}

#[tokio::test]
async fn a_hook_that_gitlab_switched_off_is_told() {
    let (host, hooks) = host(false, &["api"]).await;
    let off = json!({ "url": URL, "alert_status": "temporarily_disabled", "disabled_until": "2026-11-22T10:00:00Z",
        "member_events": false });
    host.known().add("/groups/10/hooks", &off);
    let health = list(&hooks, &wanted(None), &Choice::default()).await;
    let problems = health.hooks[0].problems.join("\n");
    assert!(problems.contains("(temporarily_disabled until 2026-11-22T10:00:00Z)"), "{problems}");
    assert!(problems.contains("Member events are not sent"), "{problems}");
}

#[tokio::test]
async fn without_anything_to_prove_itself_with_no_hook_is_made() {
    let (host, hooks) = host(true, &["api"]).await;
    for mode in [Mode::DryRun, Mode::Apply] {
        let error =
            try_install(&hooks, &wanted(None), &Choice::default(), mode).await.unwrap_err().to_string();
        for words in ["GUASSP_WEBHOOKS__SECRET", "GUASSP_WEBHOOKS__SIGNING_KEY", "that the gateway has"] {
            assert!(error.contains(words), "{error}");
        }
    }
    assert!(host.known().written.is_empty());
}

#[tokio::test]
async fn of_several_hooks_that_lead_here_one_is_left() {
    let (host, hooks) = host(true, &["api"]).await;
    for url in [URL, "https://other.example.com/", URL, URL] {
        host.known().add("/hooks", &json!({ "url": url, "enable_ssl_verification": true }));
    }
    let dry = install(&hooks, &wanted(None), &Choice::default(), Mode::DryRun).await;
    assert_eq!((results(&dry), dry[0].details.len()), (vec![("system", Outcome::WouldUpdate)], 2));
    assert!(host.known().written.is_empty());
    let done = install(&hooks, &wanted(None), &Choice::default(), Mode::Apply).await;
    assert_eq!(results(&done), [("system", Outcome::Updated)]);
    assert_eq!(done[0].details[0], "hook 3, which led here as well, was removed");
    let left: Vec<_> = host.known().hooks["/hooks"].iter().map(|hook| hook["id"].clone()).collect();
    assert_eq!(left, [1, 2]);
}

#[tokio::test]
async fn a_signing_token_that_nothing_shows_is_missed_where_nothing_else_proves_the_hook() {
    let (host, hooks) = host(true, &["api"]).await;
    host.known().add("/hooks", &json!({ "url": URL, "enable_ssl_verification": true }));
    let mut wanted = wanted(None);
    wanted.signing_key = Some(Secret::from("whsec_AAAA"));
    let problems =
        async |wanted: &Wanted| list(&hooks, wanted, &Choice::default()).await.hooks.remove(0).problems;
    assert_eq!(problems(&wanted).await, ["it has no signing token that this GitLab would show"]);
    wanted.secret = Some(Secret::from(SECRET));
    assert_eq!(problems(&wanted).await, [""; 0]);
}
