//! Payloads that nobody documented, or that nobody should send.

use proto::{ProjectId, envelope};
use serde_json::json;

use super::*;

#[test]
fn an_unknown_kind_passes_through_untouched() {
    for payload in [
        json!({}),
        json!({ "object_kind": "comet", "project": { "id": 5 } }),
        json!({ "event_name": "comet_seen" }),
        json!({ "anything": [1, { "a": null }] }),
    ] {
        let event = event("Comet Hook", &payload);
        assert_eq!((event.kind, event.action), (Kind::Unknown, None), "{payload}");
    }
}

#[test]
fn a_body_without_names_is_told_by_its_header() {
    for (header, kind) in [
        ("Push Hook", Kind::Push),
        ("Confidential Issue Hook", Kind::ConfidentialIssue),
        ("Wiki Page Hook", Kind::WikiPage),
        ("Member Hook", Kind::GroupMember),
        ("Subgroup Hook", Kind::Group),
        ("Resource Access Token Hook", Kind::AccessToken),
        ("System Hook", Kind::Unknown),
    ] {
        assert_eq!(event(header, &json!({ "project_id": 1 })).kind, kind, "{header}");
    }
    let payload = json!({ "object_kind": "push" });
    assert_eq!(read(None, payload.to_string()).unwrap().kind, Kind::Push);
}

#[test]
fn fields_of_other_types_are_left_out_and_nothing_fails() {
    let odd = [json!(null), json!(7), json!("x"), json!([[]]), json!({ "id": "x" }), json!(1.5), json!(true)];
    for value in &odd {
        for name in [
            "event_name",
            "object_kind",
            "project",
            "project_id",
            "user",
            "user_id",
            "object_attributes",
            "ref",
            "before",
            "created_at",
            "group_id",
            "merge_request",
            "commit",
            "project_visibility",
        ] {
            for mut payload in [
                json!({ "event_name": "user_add_to_team", "project_id": 74 }),
                json!({ "object_kind": "note", "project": { "id": 5 } }),
                json!({ "object_kind": "pipeline" }),
            ] {
                payload[name] = value.clone();
                event("Note Hook", &payload);
                event("System Hook", &payload);
            }
        }
    }
    let text = event("System Hook", &json!({ "event_name": "project_create", "project_id": "73" }));
    assert_eq!(text.project.unwrap().id, Some(ProjectId(73)));
}

#[test]
fn what_is_no_object_is_refused_with_the_mend() {
    for body in
        [&b""[..], b"[]", b"7", b"null", b"\"a\"", b"{", b"{}{}", b"payload=%7B%7D", b"{\"a\":\"\xff\"}"]
    {
        let problem = read(Some("Push Hook"), body).unwrap_err();
        assert_eq!(problem.status(), axum::http::StatusCode::BAD_REQUEST, "{}", body.escape_ascii());
        assert!(format!("{problem:?}").contains("custom template"), "{problem:?}");
    }
}

#[test]
fn an_event_travels_with_its_original_byte_for_byte() {
    let body = " {\"a\" : 1.50, \"a\": \"\\u0041\",\n \"object_kind\":\"push\"} ";
    let event = read(Some("Push Hook"), body).unwrap();
    assert_eq!(event.original.as_ref().unwrap().text(), body.trim());
    let read: GitLabEvent = envelope::decode(&envelope::encode(&event).unwrap()).unwrap();
    assert_eq!(read, event);
}

#[test]
fn objects_in_objects_without_end_cost_nothing() {
    let deep = format!(
        "{{\"object_attributes\":{}{}}}",
        "{\"a\":".repeat(50_000),
        "1".to_owned() + &"}".repeat(50_000)
    );
    let event = read(Some("Issue Hook"), deep).unwrap();
    assert_eq!(event.kind, Kind::Issue);
    assert_eq!(event.refs.title, None);
    let sent = envelope::encode(&event).unwrap();
    assert_eq!(envelope::decode::<GitLabEvent>(&sent).unwrap(), event);
}
