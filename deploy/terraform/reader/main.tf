# The role that weir assumes in an account that it reads: the inventory, and flow logs. What it may do
# is docs/iam, as it stands there.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "weir_principal" {
  type        = string
  description = "Who assumes the role, such as arn:aws:iam::111122223333:role/weir."
}

variable "external_id" {
  type        = string
  sensitive   = true
  description = "What weir says when it assumes the role."
}

variable "role_name" {
  type    = string
  default = "weir-reader"
}

variable "streams" {
  type        = list(string)
  default     = []
  description = "ARNs of streams of flow logs that are read."
}

variable "log_groups" {
  type        = list(string)
  default     = []
  description = "ARNs of log groups of flow logs that are read, without :* at their end."
}

variable "queues" {
  type        = list(string)
  default     = []
  description = "ARNs of queues that are told of new objects."
}

variable "buckets" {
  type        = list(string)
  default     = []
  description = "ARNs of buckets of flow logs."
}

locals {
  iam = "${path.module}/../../../docs/iam"
  resources = {
    ReadStreams    = var.streams
    EnhancedFanOut = flatten([for arn in var.streams : [arn, "${arn}/consumer/*"]])
    Groups         = [for arn in var.log_groups : "${arn}:*"]
    Queue          = var.queues
    Objects        = [for arn in var.buckets : "${arn}/*"]
    Bucket         = var.buckets
  }
  sources = flatten([
    for name in ["ingest-kinesis", "ingest-cloudwatch", "ingest-s3"] :
    jsondecode(file("${local.iam}/${name}.json")).Statement
  ])
  # Each statement with what this account has for it; what it has nothing for is left out.
  statements = [
    for statement in local.sources : merge(statement, { Resource = local.resources[statement.Sid] })
    if length(lookup(local.resources, statement.Sid, [])) > 0
  ]
}

resource "aws_iam_role" "reader" {
  name                 = var.role_name
  max_session_duration = 43200
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Weir"
      Effect    = "Allow"
      Principal = { AWS = var.weir_principal }
      Action    = "sts:AssumeRole"
      Condition = { StringEquals = { "sts:ExternalId" = var.external_id } }
    }]
  })
}

resource "aws_iam_role_policy" "inventory" {
  name   = "inventory"
  role   = aws_iam_role.reader.id
  policy = file("${local.iam}/discovery.json")
}

resource "aws_iam_role_policy" "flow_logs" {
  count  = length(local.statements) > 0 ? 1 : 0
  name   = "flow-logs"
  role   = aws_iam_role.reader.id
  policy = jsonencode({ Version = "2012-10-17", Statement = local.statements })
}

output "role_arn" {
  description = "For roles in [aws], or AccountService/AddRoles."
  value       = aws_iam_role.reader.arn
}
