//! What the larger bodies look like. A test checks each against its schema.

use serde_json::{Value, json};

/// An example for each of these schemas.
pub(super) fn all() -> [(&'static str, Value); 9] {
    let tasks = json!({
        "tasks": [], "queued_tasks": 0, "started_tasks": 0, "deferred_tasks": 0, "finished_tasks": 1,
        "failed_tasks": 0, "canceled_tasks": 0, "scheduled_tasks": 0, "items": [task()], "next": null,
    });
    [
        ("Accepted", accepted()),
        ("Task", task()),
        ("Tasks", tasks),
        ("Problem", problem()),
        ("PauseReason", json!({ "reason": "SonarQube is being upgraded" })),
        ("Project", project()),
        ("Digest", json!({ "digest": "5d41402abc4b2a76b9719d911017c592" })),
        ("Payload", payload()),
        ("Before", json!({ "before": "019ab5d2-6c40-7c3e-9d5b-5a1f0c7e2b11" })),
    ]
}

fn payload() -> Value {
    json!({
        "event_name": "user_add_to_team",
        "created_at": "2026-11-22T10:00:00Z",
        "updated_at": "2026-11-22T10:00:00Z",
        "access_level": "Maintainer",
        "project_id": 7,
        "project_name": "Shop",
        "project_path": "shop",
        "project_path_with_namespace": "acme/shop",
        "project_visibility": "private",
        "user_id": 12,
        "user_username": "ada",
        "user_name": "Ada",
        "user_email": "ada@example.com",
    })
}

fn accepted() -> Value {
    json!({
        "id": "019ab5d2-6c40-7c3e-9d5b-5a1f0c7e2b11",
        "message": "The synchronisation of project 7 was added to the queue",
        "project": 7,
        "joined": false,
    })
}

fn project() -> Value {
    let (task, at) = ("019ab5d2-6c40-7c3e-9d5b-5a1f0c7e2b11", "2026-11-22T10:00:00.951Z");
    let reached = json!({ "task": task, "at": at });
    json!({
        "id": 7,
        "paused": null,
        "newest": reached,
        "started": reached,
        "applied": reached,
        "last": {
            "task": task,
            "at": at,
            "verdict": "held",
            "reason": "12 of 20 people would lose everything",
            "granted": 0,
            "revoked": 1,
            "drift": 0,
            "exposure": ["acme_shop: group sonar-users lets in 12 people whom GitLab keeps out (user)"],
            "kept": [],
        },
        "last_success": at,
        "stale_seconds": 4711,
        "pending": { "count": 1, "people": [{ "id": 13, "username": "bob" }] },
        "sonarqube_missing": false,
        "held": held(),
    })
}

fn held() -> Value {
    json!({
        "task": "019ab5d2-6c40-7c3e-9d5b-5a1f0c7e2b11",
        "digest": "5d41402abc4b2a76b9719d911017c592",
        "at": "2026-11-22T10:00:00.951Z",
        "reasons": ["12 of 20 people would lose everything"],
        "grants": 0,
        "revokes": 1,
        "projects": [{
            "key": "acme_shop",
            "becomes": null,
            "changes": [{ "kind": "revoke", "login": "ada12345", "permission": "codeviewer" }],
        }],
    })
}

fn task() -> Value {
    json!({
        "id": "019ab5d2-6c40-7c3e-9d5b-5a1f0c7e2b11",
        "state": "finished",
        "job": 7,
        "project": 7,
        "cause": { "kind": "job", "job": 4711, "pipeline": 815, "user": 12 },
        "summary": "1 granted, 0 revoked, 1 person has not signed in to SonarQube yet",
        "reason": null,
        "stages": {
            "queued": "2026-11-22T10:00:00.120Z",
            "reading": "2026-11-22T10:00:00.134Z",
            "planned": "2026-11-22T10:00:00.302Z",
            "applying": "2026-11-22T10:00:00.310Z",
            "ended": "2026-11-22T10:00:00.951Z",
        },
        "plan": plan(),
        "ended_at": "2026-11-22T10:00:00.951Z",
        "outcome": outcome(),
        "trace_id": null,
        "revision": 42,
    })
}

fn plan() -> Value {
    json!({
        "read_at": "2026-11-22T10:00:00.134Z",
        "members": 2,
        "people": [
            { "id": 12, "username": "ada", "level": "reporter", "permissions": ["user", "codeviewer"] },
            { "id": 13, "username": "bob", "level": "guest", "permissions": ["user"] },
        ],
        "left_out": 1,
        "left_out_people": [{ "id": 14, "username": "project_7_bot", "reason": "bot" }],
        "unseen": [],
    })
}

fn outcome() -> Value {
    json!({
        "verdict": "done",
        "reason": null,
        "superseded_by": null,
        "members": 2,
        "pending": 1,
        "pending_people": [{ "id": 13, "username": "bob" }],
        "left_out": 1,
        "left_out_people": [{ "id": 14, "username": "project_7_bot", "reason": "bot" }],
        "projects": [{
            "key": "acme_shop",
            "visibility": null,
            "granted": 1,
            "revoked": 0,
            "changes": [{ "kind": "grant", "login": "ada12345", "permission": "codeviewer" }],
            "kept": [],
            "writing": { "way": "single", "estimated_ms": 100, "took_ms": 92 },
            "drift": 0,
            "drift_changes": [],
            "exposure": [],
        }],
    })
}

fn problem() -> Value {
    let detail = "GitLab does not know this job token: it is wrong, or its job has ended";
    json!({
        "type": "urn:guassp:problem:unauthorized",
        "title": "Unauthorized",
        "status": 401,
        "detail": detail,
        "message": "Unauthorized",
        "description": detail,
        "code": 401,
    })
}
