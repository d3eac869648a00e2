//! What is answered from memory is not answered before everything was read into it.

use proto::subject;
use runtime::jetstream::topology;

use crate::{
    analyses::signed,
    caller::Answer,
    directory::place,
    staff::Staffed,
    stage::{Given, queue},
};

/// A gateway that cannot read this bucket yet.
async fn without(bucket: &'static str) -> Staffed {
    Staffed::with(Given { missing: Some(bucket), ..Given::default() }).await
}

/// Streams and buckets are all there from now on.
async fn mend(staffed: &Staffed) {
    topology::apply(staffed.stage.runtime.jetstream.context(), &queue(1)).await.unwrap();
}

/// Told to come back, and when.
async fn is_not_yet(staffed: &Staffed, path: &str, words: &str) {
    let answer = staffed.see(path).await;
    assert!(answer.header("retry-after").is_some(), "{path}: {answer:?}");
    answer.is_problem(503, words);
}

#[tokio::test]
async fn the_directory_says_nothing_of_what_it_has_not_read_yet() {
    let staffed = without(subject::DIRECTORY).await;
    for path in ["/directory/projects/7", "/directory/projects/acme%2Fshop", "/directory/groups/10/projects"]
    {
        is_not_yet(&staffed, path, "the directory is not in memory yet").await;
    }
    mend(&staffed).await;
    place(&staffed.stage).await;
    staffed.until_seen("/directory/projects/7", |body| body["path"] == "acme/shop").await;
}

#[tokio::test]
async fn an_analysis_whose_project_only_the_directory_can_name_comes_again() {
    let staffed = without(subject::DIRECTORY).await;
    let sonarqube = staffed.stage.work().await;
    {
        let mut world = sonarqube.world();
        world.add_project("blog-key", sandbox::sonarqube::Visibility::Private);
        "acme/web/blog".clone_into(&mut world.projects.get_mut("blog-key").unwrap().name);
    }
    let analysed = || Answer::of(signed(&staffed.stage, r#"{"project": {"key": "blog-key"}}"#));
    let answer = analysed().await;
    assert!(answer.header("retry-after").is_some(), "{answer:?}");
    answer.is_problem(503, "the directory is not in memory yet");
}

#[tokio::test]
async fn the_list_of_projects_is_whole_or_not_told() {
    let staffed = without(subject::CATALOG).await;
    is_not_yet(&staffed, "/projects", "the projects are not in memory yet").await;
    mend(&staffed).await;
    staffed.until_seen("/projects", |body| body["items"].is_array()).await;
}
