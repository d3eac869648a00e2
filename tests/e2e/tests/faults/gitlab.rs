//! Faults of GitLab: those that pass and those that stay, at every page.

use super::*;

fn kinds() -> Vec<FaultKind> {
    vec![
        FaultKind::Status(500),
        FaultKind::Status(401),
        FaultKind::Status(404),
        FaultKind::CutBody,
        FaultKind::EmptyList,
        FaultKind::Html,
        FaultKind::Redirect("/users/sign_in".to_owned()),
        FaultKind::TooManyRequests { retry_after: Some(1) },
        FaultKind::ConnectionReset,
        FaultKind::RepeatPage,
        FaultKind::SkipPage,
        FaultKind::ShrinkingTotal,
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_gitlab_that_passes_costs_nobody_a_grant() {
    let mut cases = Vec::new();
    for kind in kinds() {
        let is_about_lists = matches!(
            kind,
            FaultKind::EmptyList | FaultKind::RepeatPage | FaultKind::SkipPage | FaultKind::ShrinkingTotal
        );
        let places: &[&str] = &["&page=1", "&page=2", "&page=3"];
        let places = places.iter().copied().chain((!is_about_lists).then_some("/api/v4/projects/"));
        cases.extend(places.flat_map(|place| [1, 2].map(|times| (place, times, kind.clone()))));
    }
    let lanes = (0..LANES).map(async |lane| {
        let ground = Ground::new(STRANGERS).await;
        let project = ground.project().await;
        for (place, times, kind) in cases.iter().skip(lane).step_by(LANES) {
            let fault = Fault::on("GET", place).times(*times).then(kind.clone());
            ground.passes(&project, ground.scene.gitlab.faults(), &[fault]).await;
        }
    });
    join_all(lanes).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_gitlab_that_stays_fails_the_task_with_the_reason_and_writes_nothing() {
    const CUT: &str = "no whole answer from gitlab to GET /api/v4/projects/:id";
    const LIST: &str = "GitLab's list of members is not usable";
    let (project, members) = ("/api/v4/projects/", "/members/all");
    let sign_in = FaultKind::Redirect("/users/sign_in".to_owned());
    let cases: Vec<(&str, FaultKind, &[&str])> = vec![
        (project, FaultKind::Status(500), &["gitlab answered 500 to GET /api/v4/projects/:id"]),
        (
            project,
            FaultKind::Status(401),
            &["gitlab answered 401", "GITLAB_TOKEN is wrong, revoked or expired"],
        ),
        (project, FaultKind::Status(404), &["gitlab answered 404", "GITLAB_TOKEN may not see it"]),
        (project, FaultKind::Html, &["text/html", "is GITLAB_URL right"]),
        (members, FaultKind::Status(500), &["gitlab answered 500 to GET /api/v4/projects/:id/members/all"]),
        (
            members,
            FaultKind::Status(401),
            &["gitlab answered 401", "GITLAB_TOKEN is wrong, revoked or expired"],
        ),
        (members, FaultKind::Status(403), &["gitlab answered 403", "GITLAB_TOKEN needs the scope read_api"]),
        (members, FaultKind::CutBody, &[CUT]),
        (members, FaultKind::ConnectionReset, &[CUT]),
        (members, FaultKind::Html, &["text/html", "is GITLAB_URL right"]),
        (members, sign_in, &["gitlab answered 302", "set GITLAB_URL to the address it leads to"]),
        (
            members,
            FaultKind::TooManyRequests { retry_after: Some(1) },
            &["gitlab answered 429", "too many requests"],
        ),
        (members, FaultKind::EmptyList, &[LIST, "it is empty", "GITLAB_TOKEN"]),
        (members, FaultKind::ShrinkingTotal, &[LIST, "its length changed"]),
        (members, FaultKind::RepeatPage, &[LIST]),
        (members, FaultKind::SkipPage, &[LIST]),
        ("&page=2", FaultKind::Status(500), &["gitlab answered 500"]),
        ("&page=3", FaultKind::CutBody, &[CUT]),
        ("&page=2", FaultKind::EmptyList, &[LIST]),
        ("&page=3", FaultKind::EmptyList, &[LIST]),
        // Whole to the eye: the right number of rows, only of the wrong people.
        ("&page=2", FaultKind::RepeatPage, &[LIST]),
        ("&page=1", FaultKind::SkipPage, &[LIST]),
    ];
    side_by_side(&cases, STRANGERS, async |ground: &Ground, (place, kind, words)| {
        let (project, fault) = (ground.project().await, Fault::on("GET", place).always().then(kind));
        ground.stays(&project, subject::RESOLVER, ground.scene.gitlab.faults(), fault, words).await;
    })
    .await;
}
