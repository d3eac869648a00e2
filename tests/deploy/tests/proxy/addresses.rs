//! Whose address the gateway believes a caller to have. The loopback network has many: 127.0.0.2 is a network that is
//! let in, 127.0.0.3 a stranger, 127.0.0.4 a load balancer in front of nginx.

use std::net::Ipv4Addr;

use e2e::{Scene, Target};
use reqwest::{Client, StatusCode};

use super::address;
use crate::{gateway::Gateway, nginx::Site};

const VIEWER: u8 = 2;
const STRANGER: u8 = 3;
const BALANCER: u8 = 4;

/// Asks as this host for what only viewers are told, with this `X-Forwarded-For`.
async fn ask(url: &str, host: u8, forwarded: Option<&str>) -> StatusCode {
    let from = Ipv4Addr::new(127, 0, 0, host);
    let http = Client::builder().local_address(Some(from.into())).build().expect("a client");
    let request = http.get(format!("{url}/tasks"));
    let request = forwarded.into_iter().fold(request, |request, it| request.header("X-Forwarded-For", it));
    request.send().await.expect("an answer").status()
}

async fn gateway(scene: &Scene) -> Gateway {
    let settings =
        [("GUASSP_GATEWAY__TRUSTED_PROXIES", "127.0.0.1"), ("GUASSP_GATEWAY__ALLOW__VIEWER", "127.0.0.2/32")];
    Gateway::started(scene, &settings).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_callers_own_address_arrives_and_a_forged_one_does_not() {
    let scene = Scene::start(&Target::Model).await;
    let gateway = gateway(&scene).await;
    let nginx = Site::new([gateway.address(); 2], address(scene.model().url())).start().await;
    for url in [nginx.own.clone(), format!("{}/api/guassp", nginx.beside)] {
        assert_eq!(ask(&url, VIEWER, None).await, 200);
        assert_eq!(ask(&url, STRANGER, None).await, 401);
        for forged in ["127.0.0.2", "127.0.0.2, 127.0.0.1", "127.0.0.2,127.0.0.3"] {
            assert_eq!(ask(&url, STRANGER, Some(forged)).await, 401, "{forged}");
        }
        assert_eq!(ask(&url, VIEWER, Some("127.0.0.3")).await, 200, "nobody speaks for the caller");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_a_load_balancer_its_word_counts_and_nobody_elses() {
    let scene = Scene::start(&Target::Model).await;
    let gateway = gateway(&scene).await;
    let site = Site::new([gateway.address(); 2], address(scene.model().url())).behind("127.0.0.4");
    let nginx = site.start().await;
    assert_eq!(ask(&nginx.own, BALANCER, Some("127.0.0.2")).await, 200);
    assert_eq!(ask(&nginx.own, BALANCER, Some("127.0.0.2, 127.0.0.3")).await, 401, "the balancer appends");
    assert_eq!(ask(&nginx.own, BALANCER, Some("127.0.0.3")).await, 401);
    assert_eq!(ask(&nginx.own, STRANGER, Some("127.0.0.2")).await, 401);
}
