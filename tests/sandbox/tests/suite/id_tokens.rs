//! ID tokens, and the keys that prove them, as an OIDC provider publishes them.

use std::collections::BTreeSet;

use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use sandbox::bench::{add_jobs, write_tokens};
use sandbox::gitlab::{Place, SignedBy, level};
use sandbox::{Fault, FaultKind, GitLab};
use serde_json::{Value, json};

use crate::support::Api;

async fn shop() -> (GitLab, Api) {
    let gitlab = GitLab::start().await.unwrap();
    gitlab.change(|world| {
        world.add_group(10, "acme");
        world.add_project(7, "acme/shop");
        world.add_user(101, "ann");
        world.add_member(Place::Group(10), 101, level::DEVELOPER);
    });
    let api = Api::new(gitlab.url(), "");
    (gitlab, api)
}

/// Takes the way of a verifier: from the issuer's address to its keys, and the key of the token out of them.
async fn verified(api: &Api, token: &str) -> Option<Value> {
    let discovered = api.get("/.well-known/openid-configuration").await.json();
    let uri = discovered["jwks_uri"].as_str().unwrap();
    let keys = api.get(uri.strip_prefix(discovered["issuer"].as_str().unwrap()).unwrap()).await.json();
    let id = decode_header(token).unwrap().kid.unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == *id)?.clone();
    assert_eq!((&key["kty"], &key["use"], &key["alg"]), (&json!("RSA"), &json!("sig"), &json!("RS256")));
    let key =
        DecodingKey::from_rsa_components(key["n"].as_str().unwrap(), key["e"].as_str().unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&["guassp"]);
    decode(token, &key, &validation).ok().map(|token| token.claims)
}

#[tokio::test]
async fn a_jobs_id_token_has_the_claims_of_the_job_and_a_published_key() {
    let (gitlab, api) = shop().await;
    let token = gitlab.world().id_token(7, 101, "guassp");
    let claims = verified(&api, &token).await.unwrap();
    assert_eq!(claims["iss"], gitlab.url());
    for (claim, value) in [
        ("project_id", "7"),
        ("job_project_id", "7"),
        ("project_path", "acme/shop"),
        ("namespace_id", "10"),
        ("user_id", "101"),
        ("user_login", "ann"),
        ("user_access_level", "developer"),
        ("ref_protected", "true"),
        ("sub", "project_path:acme/shop:ref_type:branch:ref:main"),
    ] {
        assert_eq!(claims[claim], value, "{claim}");
    }
    let id: u64 = claims["job_id"].as_str().unwrap().parse().unwrap();
    assert_eq!(claims["pipeline_id"], (id + 500_000).to_string());
    assert!(claims["runner_id"].is_number());
    assert_eq!(claims["nbf"].as_i64().unwrap() + 5, claims["iat"].as_i64().unwrap());
}

#[tokio::test]
async fn keys_rotate_and_old_ones_are_forgotten_in_the_end() {
    let (gitlab, api) = shop().await;
    let old = gitlab.world().id_token(7, 101, "guassp");
    gitlab.world().rotate_keys();
    let new = gitlab.world().id_token(7, 101, "guassp");
    assert!(verified(&api, &old).await.is_some() && verified(&api, &new).await.is_some());
    gitlab.world().forget_old_keys();
    assert!(verified(&api, &old).await.is_none() && verified(&api, &new).await.is_some());
}

#[tokio::test]
async fn a_sign_in_has_a_published_key_and_names_no_job_and_a_stranger_has_none() {
    let (gitlab, api) = shop().await;
    let login = gitlab.world().login_token(101, "guassp");
    let token = gitlab.world().sign(&login);
    let claims = verified(&api, &token).await.unwrap();
    assert_eq!((&claims["sub"], claims.get("job_id")), (&json!("101"), None));
    let token = gitlab.world().sign(&login.signed_by(SignedBy::Stranger));
    assert!(verified(&api, &token).await.is_none());
}

#[tokio::test]
async fn every_claim_can_be_bent() {
    let (gitlab, api) = shop().await;
    let token = gitlab.change(|world| {
        let job = world.start_job(7, 101);
        world.id_token_of(&job, "other").unwrap()
    });
    let sign = |token| gitlab.world().sign(&token);
    assert!(verified(&api, &sign(token.clone())).await.is_none(), "for another audience");
    let token = token.with("aud", json!(["other", "guassp"]));
    assert!(verified(&api, &sign(token.clone())).await.is_some());
    assert!(verified(&api, &sign(token.clone().expired(100))).await.is_none());
    let fork = verified(&api, &sign(token.clone().from_fork(8, "ann/shop"))).await.unwrap();
    assert_eq!((&fork["project_id"], &fork["job_project_id"]), (&json!("8"), &json!("7")));
    let early = token.clone().not_yet_valid(100).without_job_project();
    let claims = verified(&api, &sign(early.without("user_id"))).await.unwrap();
    assert!(claims["nbf"].as_i64().unwrap() > token.claims["nbf"].as_i64().unwrap());
    assert!(claims.get("job_project_id").is_none() && claims.get("user_id").is_none());
}

#[tokio::test]
async fn the_keys_are_served_under_both_names_and_break_on_demand() {
    let (gitlab, api) = shop().await;
    let keys = api.get("/-/jwks").await;
    assert_eq!(keys.json(), api.get("/oauth/discovery/keys").await.json());
    assert_eq!(keys.header("cache-control"), Some("max-age=86400, public, must-revalidate"));
    gitlab.faults().add(Fault::on("GET", "/oauth/discovery").then(FaultKind::Status(502)));
    let gate = gitlab.faults().hold("GET", "/.well-known/", 1);
    assert_eq!(api.get("/oauth/discovery/keys").await.status, 502);
    let watch = async {
        gate.arrived().await;
        gate.release();
    };
    let (held, ()) = tokio::join!(api.get("/.well-known/openid-configuration"), watch);
    assert_eq!(held.status, 200);
    assert_eq!(gitlab.requests().len(), 4);
}

#[tokio::test]
async fn jobs_of_a_benchmark_have_both_tokens_each() {
    let (gitlab, api) = shop().await;
    let jobs = gitlab.change(|world| add_jobs(world, 5));
    let file = std::env::temp_dir().join(format!("sandbox-tokens-{}", std::process::id()));
    write_tokens(&gitlab, &jobs, "guassp", &file).unwrap();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(file).unwrap();
    let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(' ').collect()).collect();
    assert_eq!(lines.iter().map(|line| line[0]).collect::<BTreeSet<_>>().len(), 5);
    for (number, line) in lines.iter().enumerate() {
        assert_eq!(line[0], (1_000_000 + number).to_string());
        let job = Api::new(gitlab.url(), line[1]).get("/api/v4/job").await.json();
        assert_eq!(job["pipeline"]["project_id"].to_string(), line[0]);
        let claims = verified(&api, line[2]).await.unwrap();
        assert_eq!(
            (&claims["project_path"], &claims["job_id"]),
            (&json!(format!("bench/p{number}")), &json!(job["id"].to_string()))
        );
    }
}
