# What weir's own identity may do where it puts metrics of Kinesis streams to CloudWatch
# (docs/kinesis.md): docs/iam, with another namespace. Only for where that is switched on.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "roles" {
  type        = set(string)
  description = "Names of the roles that weir runs as."
}

variable "namespace" {
  type        = string
  default     = "weir"
  description = "The namespace of the metrics, as [ingest_kinesis.cloudwatch] has it."
}

locals {
  iam       = "${path.module}/../../../docs/iam"
  documents = jsondecode(file("${local.iam}/ingest-kinesis-metrics.json")).Statement
  statements = [
    for statement in local.documents :
    merge(statement, { Condition = { StringEquals = { "cloudwatch:namespace" = var.namespace } } })
  ]
}

resource "aws_iam_role_policy" "metrics" {
  for_each = var.roles
  name     = "kinesis-metrics"
  role     = each.value
  policy   = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}
