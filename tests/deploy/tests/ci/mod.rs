//! What a developer sees of a sync at the end of a pipeline, and what the pipeline makes of it.

mod dry;
mod ends;
mod file;
mod secrets;
mod trouble;

use e2e::{Project, Scene, Settings, Target};

/// A scene that gives a failing task up at once.
async fn scene() -> Scene {
    let settings = Settings { attempts: 1, ..Settings::default() };
    Scene::with(&Target::Model, settings).await
}

/// A project with one person to be granted two permissions.
async fn project(scene: &Scene) -> Project {
    let (project, reporter) = (scene.project("shop").await, scene.person("reporter").await);
    scene.join(&project, &reporter, 20);
    project
}

/// The path of the call that reads the project's members: a task whose reading is held there has begun.
fn members(project: &Project) -> String {
    format!("/projects/{}/members", project.id)
}
