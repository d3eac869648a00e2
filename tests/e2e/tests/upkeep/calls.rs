//! Every call to another system is told with what it was for.

use std::collections::BTreeSet;

use e2e::wait;
use sandbox::gitlab::level;
use serde_json::Value;

use super::Site;

/// What the calls of a log were for; a call without a cause is a failure.
fn causes(lines: &[Value]) -> BTreeSet<String> {
    let calls = lines.iter().filter(|line| line["target"] == "calls");
    calls
        .map(|call| {
            assert!(call["url.template"].is_string() && call["duration_ms"].is_u64(), "{call}");
            call["cause"].as_str().unwrap_or_else(|| panic!("a call for nothing: {call}")).to_owned()
        })
        .collect()
}

#[tokio::test]
async fn no_call_is_made_for_nothing() {
    let refresh = ("GUASSP_APPLIER__CATALOG_REFRESH", "1s");
    let mut site = Site::with(&[refresh, ("GUASSP_APPLIER__PENDING_EVERY", "1s")]).await;
    let project = site.inhabited("shop").await;
    // Somebody for whom the applier looks out.
    site.scene.join(&project, &site.scene.stranger("late"), level::DEVELOPER);
    let roles = ["gateway", "resolver", "applier"];
    site.start(&roles).await;
    let task = site.scene.sync(&project).await.id.to_string();
    for (role, wanted) in [
        ("gateway", vec!["request POST /task".to_owned()]),
        ("resolver", vec![format!("task {task}"), "token check".to_owned()]),
        (
            "applier",
            [&format!("task {task}"), "token check", "catalogue refresh", "pending look"]
                .map(str::to_owned)
                .to_vec(),
        ),
    ] {
        let told = async || {
            let found = causes(&site.log(role));
            wanted.iter().all(|cause| found.contains(cause)).then_some(())
        };
        wait::until(&format!("calls of {role} for {wanted:?}"), told).await;
    }
    // A SonarQube that is not well is probed.
    site.scene.model().world().mode = sandbox::sonarqube::Mode::Starting;
    let job = site.scene.job(&project);
    site.scene.post(&job).await;
    let probed = async || causes(&site.log("applier")).contains("breaker probe").then_some(());
    wait::until("a probe", probed).await;
    for role in roles {
        causes(&site.log(role));
    }
}

#[tokio::test]
async fn what_a_command_changes_elsewhere_is_told_with_its_name() {
    let secret = ("GUASSP_WEBHOOKS__SECRET", "a secret of both");
    let site = Site::with(&[("GUASSP_WEBHOOKS__URL", "https://guassp.example.com"), secret]).await;
    let place = site.scene.gitlab_project("named").path;
    let said = site.say(&["hooks", "install", "--project", &place]).await;
    assert_eq!(said.code, Some(0), "{said:?}");
    let lines: Vec<Value> =
        said.error.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(causes(&lines), BTreeSet::from(["command hooks install".to_owned()]));
    let writes: Vec<&Value> = lines.iter().filter(|line| line["http.request.method"] == "POST").collect();
    assert_eq!((writes.len(), &writes[0]["url.template"]), (1, &"/api/v4/projects/:id/hooks".into()));
    assert!(!said.error.contains(&place), "{said:?}");
}
