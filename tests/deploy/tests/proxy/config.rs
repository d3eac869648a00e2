//! The real nginx takes the example as it is, and with each of its commented parts.

use std::path::PathBuf;

use reqwest::{Certificate, Client};

use super::address;
use crate::nginx::Site;

/// A certificate and its key for this test alone, good for a hundred years: `openssl req -x509 -nodes -days 36500
/// -newkey ec -pkeyopt ec_paramgen_curve:P-256 -addext subjectAltName=DNS:guassp.example.com ...`.
const TLS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/tls");

fn nowhere() -> Site {
    let nobody = crate::gateway::address();
    Site::new([nobody, nobody], nobody)
}

#[tokio::test]
async fn nginx_takes_both_variants_without_a_warning() {
    for site in [nowhere(), nowhere().behind("127.0.0.4")] {
        let (taken, said) = site.check().await;
        assert!(taken && !said.contains("[warn]"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lines_for_tls_make_a_server_with_tls() {
    let scene = e2e::Scene::start(&e2e::Target::Model).await;
    let project = scene.project("shop").await;
    let certificate = PathBuf::from(TLS).join("guassp.example.com.pem");
    let key = PathBuf::from(TLS).join("guassp.example.com.key");
    let gateway = address(&scene.stack.gateway);
    let site = Site::new([gateway, gateway], gateway).with_tls(&certificate, &key);
    let (taken, said) = site.check().await;
    assert!(taken && !said.contains("[warn]"), "{said}");
    let nginx = site.start().await;
    let trusted = std::fs::read(&certificate).expect("a file");
    let trusted = Certificate::from_pem(&trusted).expect("a certificate");
    let listening = address(&nginx.own.replace("https", "http"));
    let http = Client::builder().tls_certs_only([trusted]).resolve("guassp.example.com", listening).build();
    let url = format!("https://guassp.example.com:{}/task", listening.port());
    let post = http.expect("a client").post(url).header("JOB-TOKEN", scene.job(&project));
    let answer = post.send().await.expect("an answer");
    assert_eq!(answer.status(), 202);
    assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
}
