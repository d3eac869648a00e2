//! Faults of SonarQube: at every reading, at a write, and a server in safe mode.

use super::*;

/// Every call with which a sync reads SonarQube, in its order.
const READS: [&str; 8] = [
    "/api/system/status",
    "/api/v2/dop-translation/dop-settings",
    "/api/v2/dop-translation/project-bindings",
    "/api/projects/search",
    "/api/permissions/users",
    "/api/users/current",
    "/api/v2/users-management/users",
    "/api/permissions/groups",
];

/// The settings that tell which GitLab is meant are read once and kept.
const KEPT: &str = READS[1];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_sonarqube_that_a_person_must_mend_defers_the_task_with_the_mend() {
    let cases = [
        (FaultKind::Status(401), "SONARQUBE_TOKEN is wrong, expired or revoked"),
        (FaultKind::Status(403), "give the account of SONARQUBE_TOKEN the right"),
        (FaultKind::Html, "check that SONARQUBE_URL is SonarQube's own address"),
    ];
    let ground = Ground::new(1).await;
    let faults = ground.scene.model().faults();
    for read in READS {
        for (kind, words) in cases.clone() {
            // The next read is met only if what comes before it works, and is kept from now on.
            let fault = Fault::on("GET", read).then(kind);
            ground.defers(&ground.project().await, faults, fault, &[words]).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_sonarqube_that_stays_fails_the_task_with_the_reason_and_writes_nothing() {
    let mut cases = Vec::new();
    for read in READS.into_iter().filter(|read| *read != KEPT) {
        cases.push((read, FaultKind::Status(500), format!("sonarqube answered 500 to GET {read}")));
        cases.push((read, FaultKind::CutBody, format!("no whole answer from sonarqube to GET {read}")));
    }
    for list in ["/api/permissions/users", "/api/v2/users-management/users"] {
        cases.push((list, FaultKind::EmptyList, "cannot be trusted".to_owned()));
    }
    side_by_side(&cases, 1, async |ground: &Ground, (read, kind, words)| {
        let (project, fault) = (ground.project().await, Fault::on("GET", read).always().then(kind));
        ground.stays(&project, subject::APPLIER, ground.scene.model().faults(), fault, &[&words]).await;
    })
    .await;
    let (ground, fault) =
        (Ground::new(1).await, Fault::on("GET", KEPT).always().then(FaultKind::Status(500)));
    let words = format!("sonarqube answered 500 to GET {KEPT}");
    let project = ground.project().await;
    ground.stays(&project, subject::APPLIER, ground.scene.model().faults(), fault, &[&words]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fault_of_sonarqube_that_passes_costs_nobody_a_grant() {
    let ground = Ground::new(1).await;
    let (faults, project) = (ground.scene.model().faults(), ground.project().await);
    // What is kept comes first, while it is not.
    for read in [KEPT].into_iter().chain(READS.into_iter().filter(|read| *read != KEPT)) {
        let strikes = [(1, FaultKind::Status(500)), (2, FaultKind::CutBody), (3, FaultKind::ConnectionReset)]
            .map(|(nth, kind)| Fault::on("GET", read).nth(nth).then(kind));
        ground.passes(&project, faults, &strikes).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_fails_is_made_again_and_nothing_is_revoked_before_all_is_granted() {
    let ground = Ground::new(1).await;
    let (faults, project) = (ground.scene.model().faults(), ground.project().await);
    let lacking = async || {
        ground.leave(&project);
        ground.scene.admin.revoke(&project.key, &ground.members[0].login, "scan").await;
    };
    for call in ["add_user", "remove_user"] {
        let fault = || Fault::on("POST", call);
        for strike in [
            fault().then(FaultKind::Status(500)),
            fault().after_effect().then(FaultKind::Status(500)),
            fault().then(FaultKind::CutBody),
            fault().then(FaultKind::ConnectionReset),
        ] {
            lacking().await;
            ground.passes(&project, faults, &[strike]).await;
        }
    }
    lacking().await;
    let (fault, words) =
        (Fault::on("POST", "add_user"), "sonarqube answered 500 to POST /api/permissions/add_user");
    let fault = fault.always().then(FaultKind::Status(500));
    ground.stays(&project, subject::APPLIER, faults, fault, &[words]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sonarqube_in_safe_mode_is_waited_for_at_every_call() {
    let ground = Ground::new(1).await;
    let model = ground.scene.model();
    let writes = ["/api/permissions/add_user", "/api/permissions/remove_user"];
    let mut tasks = Vec::new();
    for call in READS.into_iter().chain(writes) {
        ground.is_well().await;
        let project = ground.project().await;
        ground.scene.admin.revoke(&project.key, &ground.members[0].login, "scan").await;
        let gate = model.faults().hold("*", call, 1);
        let token = ground.scene.job(&project);
        let id = ground.scene.post(&token).await;
        wait::at(&gate).await;
        let held = ground.held(&project);
        model.world().mode = Mode::MigrationNeeded;
        gate.release();
        let reason = ground.deferred(id, &token).await;
        assert!(reason.contains("SonarQube is not ready"), "{call}: {reason}");
        if call != writes[1] {
            assert_eq!(ground.held(&project), held, "{call}");
        }
        model.faults().clear();
        model.world().mode = Mode::Up;
        tasks.push((project, id, token));
    }
    for (project, id, token) in tasks {
        assert_eq!(ground.scene.ended(id, &token).await.verdict(), Verdict::Done);
        assert_eq!(ground.held(&project), ground.right());
    }
}
