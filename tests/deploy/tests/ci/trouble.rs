//! Jobs that are not heard, or not believed.

use std::net::SocketAddr;

use futures::join;
use tokio::net::TcpListener;

use super::{project, scene};
use crate::{
    gateway::{Gateway, address},
    job::Job,
    nginx::Site,
};

/// The job as it is, and with `GUASSP_STRICT`: the words are the same, the exit code is not.
async fn both_ways(gateway: &str, token: &str, words: &str) {
    let strict = Job::new(gateway, token).with("GUASSP_STRICT", "true");
    let lenient = Job::new(gateway, token);
    let (lenient, strict) = join!(lenient.run(), strict.run());
    lenient.is(0, words);
    lenient.is(0, "so the pipeline goes on");
    strict.is(1, words);
}

/// The whole minute in which a job tries to be heard, of a gateway that is away, and of a proxy whose gateways are.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_is_away_fails_the_pipeline_only_where_that_is_wanted() {
    let nobody: SocketAddr = address();
    let nginx = Site::new([nobody, nobody], nobody).start().await;
    let away = format!("http://{nobody}");
    join!(
        both_ways(&away, "any", "the sync could not be asked for: curl: (7) "),
        both_ways(&nginx.own, "any", "asked for: HTTP 502 from something that is not guassp"),
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_gateway_that_restarts_is_waited_for() {
    let scene = scene().await;
    let project = project(&scene).await;
    let mut gateway = Gateway::new(&scene, &[]);
    // The dying gateway: it takes the connection and cuts it.
    let dying = TcpListener::bind(gateway.address()).await.expect("the port");
    let job = Job::new(&gateway.url(), &scene.job(&project));
    let restart = async {
        drop(dying.accept().await.expect("the job"));
        drop(dying);
        gateway.start().await;
    };
    let (ended, ()) = join!(job.run(), restart);
    ended.is(0, "guassp: finished: 2 granted");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_token_is_refused_with_the_reason() {
    let scene = scene().await;
    both_ways(&scene.stack.gateway, "glcbt-of-nobody", "the sync could not be asked for: HTTP 401: ").await;
    let job = Job::new(&scene.stack.gateway, "").with("GUASSP_ID_TOKEN", "not.a.token");
    job.run().await.is(0, "HTTP 401: ");
}

/// `GUASSP_URL` without the path: SonarQube answers, or whoever else is there.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_not_of_guassp_is_told_as_such() {
    let scene = scene().await;
    let sonarqube = scene.model().url().trim_start_matches("http://").parse().expect("an address");
    let gateway = scene.stack.gateway.trim_start_matches("http://").parse().expect("an address");
    let nginx = Site::new([gateway, gateway], sonarqube).start().await;
    both_ways(&nginx.beside, "any", "HTTP 404 from something that is not guassp: is GUASSP_URL right").await;
}

#[tokio::test]
async fn wrong_settings_are_named() {
    both_ways("", "any", "GUASSP_URL is not set").await;
    for wait in ["5m", "0300", "-1"] {
        let job = Job::new("http://127.0.0.1:9", "any").with("GUASSP_WAIT", wait);
        job.run().await.is(0, &format!("GUASSP_WAIT is {wait}: set it to a number of seconds"));
    }
}
