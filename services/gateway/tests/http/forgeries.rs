//! ID tokens that are refused, each with the reason, and none of them by GitLab's word.

use data_encoding::BASE64URL_NOPAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use sandbox::gitlab::{IdToken, SignedBy};
use serde_json::{Value, json};

use crate::{
    id_tokens::{AUDIENCE, KEYS, stage},
    stage::{BLOG, RUNNER, SHOP, Stage},
};

/// A token of these parts.
pub(crate) fn forged(header: &Value, token: &IdToken, signature: &[u8]) -> String {
    let encode = |bytes: &[u8]| BASE64URL_NOPAD.encode(bytes);
    let claims = Value::Object(token.claims.clone()).to_string();
    format!("{}.{}.{}", encode(header.to_string().as_bytes()), encode(claims.as_bytes()), encode(signature))
}

fn key_id(stage: &Stage) -> String {
    stage.gitlab.world().signer(SignedBy::Ci).key_id().to_owned()
}

/// The token is refused with this reason, which shows nothing of its claims.
#[track_caller]
fn is_refused(answer: &crate::caller::Answer, case: &str, reason: &str) {
    assert_eq!(answer.status, 401, "{case}: {:?}", answer.body);
    answer.is_problem(401, reason);
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{case}");
    let detail = answer.body["detail"].as_str().unwrap();
    for claim in ["elsewhere", "acme", "runner", "https://evil"] {
        assert!(!detail.contains(claim), "{case}: {detail}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_token_is_told() {
    let stage = stage().await;
    let good = stage.id_token(SHOP);
    let issuer = format!("was not issued by {}", stage.gitlab.url());
    for (token, reason) in [
        (good.clone().expired(31), "has expired"),
        (good.clone().expired(3600), "has expired"),
        (good.clone().with("exp", 0), "has expired"),
        (good.clone().with("exp", i64::MIN), "has expired"),
        (good.clone().not_yet_valid(60), "not valid yet"),
        (good.clone().with("nbf", i64::MAX), "not valid yet"),
        (good.clone().with("aud", "elsewhere"), "write aud: guassp"),
        (good.clone().with("aud", json!(["elsewhere", "guassp2"])), "write aud: guassp"),
        (good.clone().with("aud", json!([])), "another audience"),
        (good.clone().with("aud", "GUASSP"), "another audience"),
        (good.clone().with("iss", "https://evil.example.com"), &issuer),
        (good.clone().with("iss", format!("{}/", stage.gitlab.url())), &issuer),
        (good.clone().with("iss", json!([stage.gitlab.url()])), "lacks iss, aud, exp or nbf"),
        (good.clone().without("iss"), "lacks iss"),
        (good.clone().without("aud"), "lacks iss"),
        (good.clone().without("exp"), "lacks iss"),
        (good.clone().without("nbf"), "lacks iss"),
        (good.clone().with("exp", "tomorrow"), "lacks iss"),
        (good.clone().signed_by(SignedBy::Stranger), "does not publish"),
        (good.clone().with("job_id", "latest"), "not the ID token of a CI job"),
        (good.clone().with("pipeline_id", ""), "not the ID token of a CI job"),
        (good.clone().with("job_project_id", "shop"), "not the ID token of a CI job"),
        (good.clone().without_job_project().without("project_id"), "not the ID token of a CI job"),
        (good.clone().with("user_id", "runner"), "not the ID token of a CI job"),
    ] {
        let case = format!("{:?}", token.claims);
        is_refused(&stage.trigger_with_id(&stage.sign(&token)).await, &case, reason);
    }
    assert_eq!(stage.asked("/api/v4/job"), 0);
    assert!(!stage.has_task(SHOP).await);
    stage.trigger_with_id(&stage.sign(&good)).await.task();
}

#[tokio::test]
async fn only_gitlabs_own_rs256_signature_counts() {
    let stage = stage().await;
    let (good, id) = (stage.id_token(SHOP), key_id(&stage));
    let signed = stage.sign(&good);
    // The set of keys is public: whoever takes the public key for a secret could be served any token.
    let keys: Value =
        stage.http.get(format!("{}{KEYS}", stage.gitlab.url())).send().await.unwrap().json().await.unwrap();
    let public = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == id).unwrap();
    let modulus = public["n"].as_str().unwrap();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(id.clone());
    for secret in [modulus.as_bytes(), &BASE64URL_NOPAD.decode(modulus.as_bytes()).unwrap(), b""] {
        let token = encode(&header, &good.claims, &EncodingKey::from_secret(secret)).unwrap();
        is_refused(&stage.trigger_with_id(&token).await, "HS256", "not signed with RS256");
    }
    let signature = BASE64URL_NOPAD.decode(signed.rsplit('.').next().unwrap().as_bytes()).unwrap();
    for (header, signature, reason) in [
        (json!({ "alg": "none", "kid": id }), &b""[..], "not signed with RS256"),
        (json!({ "alg": "None", "kid": id }), b"", "not signed with RS256"),
        (json!({ "alg": "none" }), &signature, "not signed with RS256"),
        (json!({ "kid": id }), &signature, "not signed with RS256"),
        (json!({ "alg": "RS512", "kid": id }), &signature, "not signed with RS256"),
        (json!({ "alg": "PS256", "kid": id }), &signature, "not signed with RS256"),
        (json!({ "alg": "RS256", "kid": id }), b"", "the signature of this ID token is wrong"),
        (json!({ "alg": "RS256", "kid": id }), &[7; 256], "the signature of this ID token is wrong"),
        (json!({ "alg": "RS256" }), &signature, "does not publish"),
        (json!({ "alg": "RS256", "kid": id, "jwk": public }), &signature, "signature"),
        (json!({ "alg": "RS256", "kid": format!("../{id}") }), &signature, "does not publish"),
    ] {
        let token = forged(&header, &good, signature);
        is_refused(&stage.trigger_with_id(&token).await, &header.to_string(), reason);
    }
    assert_eq!(stage.asked("/api/v4/job"), 0);
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_refused() {
    let stage = stage().await;
    let good = stage.id_token(SHOP);
    let signed = stage.sign(&good);
    let parts: Vec<&str> = signed.split('.').collect();
    let other = stage.sign(&stage.id_token(BLOG));
    let others: Vec<&str> = other.split('.').collect();
    for token in [
        format!("{}.{}.{}", parts[0], others[1], parts[2]),
        format!("{}.{}.{}", parts[0], parts[1], others[2]),
        format!("{}.{}.{}", parts[0], parts[1], &parts[2][..parts[2].len() - 4]),
    ] {
        is_refused(
            &stage.trigger_with_id(&token).await,
            "tampered",
            "the signature of this ID token is wrong",
        );
    }
    // The key of sign-ins is published, too: what makes a job are the claims, under a signature.
    let login =
        stage.sign(&good.clone().signed_by(SignedBy::Login).without("job_project_id").without("project_id"));
    is_refused(&stage.trigger_with_id(&login).await, "sign-in", "not the ID token of a CI job");
    assert_eq!(stage.asked("/api/v4/job"), 0);
}

/// What names no job is GitLab's to judge: job tokens can be JWTs, signed with keys that nobody publishes.
#[tokio::test]
async fn the_token_of_somebody_who_signed_in_is_no_jobs() {
    let stage = stage().await;
    let login = stage.gitlab.world().login_token(RUNNER, AUDIENCE);
    let token = stage.sign(&login);
    stage.trigger_with_id(&token).await.is_problem(401, "GitLab does not know this job token");
    assert_eq!((stage.asked("/api/v4/job"), stage.asked(KEYS)), (1, 0));
    let as_job = login.with("job_id", "5").with("pipeline_id", json!(null));
    stage.trigger_with_id(&stage.sign(&as_job)).await.is_problem(401, "GitLab does not know this job token");
    assert!(!stage.has_task(SHOP).await);
}

#[tokio::test]
async fn a_job_token_that_is_a_jwt_is_gitlabs_to_judge() {
    let stage = stage().await;
    let login = stage.gitlab.world().login_token(RUNNER, AUDIENCE).signed_by(SignedBy::Stranger);
    let token = format!("glcbt-{}", stage.sign(&login.with("p", "7")));
    stage.gitlab.world().start_job_with(SHOP, RUNNER, &token);
    stage.trigger(&token).await.task();
    assert_eq!((stage.asked("/api/v4/job"), stage.asked(KEYS)), (1, 0));
}
