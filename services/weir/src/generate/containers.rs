//! ECS tasks on instances.

use weir_inventory::Vpc;

use super::environment::EcsTask;
use super::rng::Rng;

const CLUSTER: &str = "orders";
const SERVICE: &str = "order-intake";

/// A task of the order service in the region and account of `vpc`.
pub(super) fn ecs_task(vpc: &Vpc, rng: &mut Rng) -> EcsTask {
    let arn =
        |resource: String| format!("arn:aws:ecs:{}:{}:{resource}", vpc.region, vpc.account_id);
    let container_instance = hex_32(rng);
    let task = hex_32(rng);
    EcsTask {
        cluster_arn: arn(format!("cluster/{CLUSTER}")),
        cluster_name: CLUSTER.to_owned(),
        container_instance_arn: arn(format!("container-instance/{CLUSTER}/{container_instance}")),
        container_id: format!("{task}-{:010}", rng.below(10_000_000_000)),
        service_name: SERVICE.to_owned(),
        task_definition_arn: arn(format!("task-definition/{SERVICE}:{}", 1 + rng.below(40))),
        task_arn: arn(format!("task/{CLUSTER}/{task}")),
        container_instance_id: container_instance,
        task_id: task,
    }
}

fn hex_32(rng: &mut Rng) -> String {
    format!("{:016x}{:016x}", rng.next(), rng.next())
}
