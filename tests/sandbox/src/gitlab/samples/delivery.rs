//! From the pipeline to what people use: pipelines, jobs, deployments, releases, feature flags, vulnerabilities.

use serde_json::{Value, json};

use super::{COMMIT, DAY, MOMENT, PARENT, Sample, Stage};

pub(super) fn all(stage: &Stage<'_>) -> Vec<Sample> {
    let sample = |name, header, event, body| Sample { name, header, event: Some(event), body };
    vec![
        sample("pipeline", "Pipeline Hook", "pipeline_events", pipeline(stage)),
        sample("job", "Job Hook", "job_events", job(stage)),
        sample("deployment", "Deployment Hook", "deployment_events", deployment(stage)),
        sample("release", "Release Hook", "releases_events", release(stage)),
        sample("feature_flag", "Feature Flag Hook", "feature_flag_events", feature_flag(stage)),
        sample("vulnerability", "Vulnerability Hook", "vulnerability_events", vulnerability(stage)),
    ]
}

fn pipeline(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "pipeline", "user": stage.user(), "project": stage.project(), "commit": stage.commit(),
        "merge_request": null, "object_attributes": {
            "id": 31, "iid": 3, "name": null, "ref": "main", "tag": false, "sha": COMMIT, "before_sha": PARENT,
            "source": "push", "status": "success", "detailed_status": "passed", "stages": ["test"],
            "created_at": DAY, "finished_at": DAY, "duration": 63, "queued_duration": 10, "variables": [],
            "url": stage.link("pipelines/31"),
        },
        "builds": [{
            "id": 380, "stage": "test", "name": "sonar", "status": "success", "created_at": DAY, "started_at": DAY,
            "finished_at": DAY, "duration": 17.1, "queued_duration": 3.5, "failure_reason": null, "when": "on_success",
            "manual": false, "allow_failure": false, "user": stage.user(), "runner": null, "artifacts_file": {},
            "environment": null,
        }],
    })
}

fn job(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "build", "ref": "main", "tag": false, "before_sha": PARENT, "sha": COMMIT,
        "retries_count": 0, "build_id": 380, "build_name": "sonar", "build_stage": "test", "build_status": "success",
        "build_created_at": DAY, "build_started_at": DAY, "build_finished_at": DAY, "build_duration": 17.1,
        "build_queued_duration": 3.5, "build_allow_failure": false, "build_failure_reason": "unknown_failure",
        "pipeline_id": 31, "runner": null, "project_id": stage.project.id,
        "project_name": stage.project.path_with_namespace.replace('/', " / "), "user": stage.user(),
        "commit": { "id": 31, "name": null, "sha": COMMIT, "message": "Add the cart\n", "author_name": stage.user.name,
            "author_email": stage.user.email, "status": "success", "duration": 63, "started_at": DAY,
            "finished_at": DAY },
        "repository": stage.repository(), "project": stage.project(), "environment": null, "source_pipeline": null,
    })
}

fn deployment(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "deployment", "status": "success", "status_changed_at": DAY, "deployment_id": 15,
        "deployable_id": 380, "deployable_url": stage.link("jobs/380"), "environment": "production",
        "environment_tier": "production", "environment_slug": "production", "environment_external_url": null,
        "project": stage.project(), "short_sha": "da156088", "user": stage.user(),
        "user_url": format!("{}/{}", stage.world.url, stage.user.username),
        "commit_url": stage.link(&format!("commit/{COMMIT}")), "commit_title": "Add the cart", "ref": "main",
    })
}

fn release(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "release", "id": 1, "created_at": DAY, "released_at": DAY, "description": "", "name": "v1.0.0",
        "tag": "v1.0.0", "project": stage.project(), "url": stage.link("releases/v1.0.0"), "action": "create",
        "assets": { "count": 0, "links": [], "sources": [] }, "commit": stage.commit(),
    })
}

fn feature_flag(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "feature_flag", "project": stage.project(), "user": stage.user(),
        "user_url": format!("{}/{}", stage.world.url, stage.user.username),
        "object_attributes": { "id": 6, "name": "new-cart", "description": "", "active": true },
    })
}

fn vulnerability(stage: &Stage<'_>) -> Value {
    json!({
        "object_kind": "vulnerability", "object_attributes": {
            "url": stage.link("security/vulnerabilities/1"), "title": "Weak hash", "state": "detected",
            "project_id": stage.project.id, "location": { "file": "cart.rs", "start_line": 7 }, "cvss": [],
            "severity": "medium", "severity_overridden": false, "identifiers": [], "issues": [],
            "report_type": "sast", "confidence": "unknown", "auto_resolved": false,
            "resolved_on_default_branch": false, "created_at": MOMENT, "updated_at": MOMENT,
        },
    })
}
