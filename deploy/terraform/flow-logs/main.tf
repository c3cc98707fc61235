# Flow logs of a VPC to a bucket, whose new objects a queue is told of: what weir ingest-s3 reads.
# Messages that cannot be done go to a queue of their own.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "vpc_id" {
  type = string
}

variable "bucket" {
  type        = string
  description = "The name of the bucket that is made."
}

variable "retention_days" {
  type        = number
  default     = 30
  description = "After how many days objects are deleted."
}

variable "aggregation_interval" {
  type        = number
  default     = 60
  description = "The most seconds that a record counts together: 60 or 600."
}

data "aws_caller_identity" "own" {}
data "aws_partition" "own" {}

locals {
  account = data.aws_caller_identity.own.account_id
  ours = {
    StringEquals = { "aws:SourceAccount" = local.account }
    ArnLike      = { "aws:SourceArn" = "arn:${data.aws_partition.own.partition}:logs:*:${local.account}:*" }
  }
  fields = split(" ", "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path")
}

resource "aws_s3_bucket" "flow_logs" {
  bucket = var.bucket
}

resource "aws_s3_bucket_public_access_block" "flow_logs" {
  bucket                  = aws_s3_bucket.flow_logs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_server_side_encryption_configuration" "flow_logs" {
  bucket = aws_s3_bucket.flow_logs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "flow_logs" {
  bucket = aws_s3_bucket.flow_logs.id
  rule {
    id     = "expire"
    status = "Enabled"
    filter {}
    expiration {
      days = var.retention_days
    }
  }
}

resource "aws_s3_bucket_policy" "flow_logs" {
  bucket = aws_s3_bucket.flow_logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Write"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:PutObject"
        Resource  = "${aws_s3_bucket.flow_logs.arn}/AWSLogs/${local.account}/*"
        Condition = local.ours
      },
      {
        Sid       = "Check"
        Effect    = "Allow"
        Principal = { Service = "delivery.logs.amazonaws.com" }
        Action    = "s3:GetBucketAcl"
        Resource  = aws_s3_bucket.flow_logs.arn
        Condition = local.ours
      },
      {
        Sid       = "OnlyOverTls"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.flow_logs.arn, "${aws_s3_bucket.flow_logs.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}

resource "aws_sqs_queue" "dead_letters" {
  name                      = "${var.bucket}-dead"
  sqs_managed_sse_enabled   = true
  message_retention_seconds = 1209600
}

resource "aws_sqs_queue" "flow_logs" {
  name                    = var.bucket
  sqs_managed_sse_enabled = true
  # What weir has not done in this time is lost: the alert WeirLagNearRetention comes before.
  message_retention_seconds = 345600
  # weir keeps each message for as long as it works on it.
  visibility_timeout_seconds = 300
  receive_wait_time_seconds  = 20
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letters.arn
    maxReceiveCount     = 10
  })
}

resource "aws_sqs_queue_policy" "flow_logs" {
  queue_url = aws_sqs_queue.flow_logs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "Tell"
      Effect    = "Allow"
      Principal = { Service = "s3.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.flow_logs.arn
      Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
    }]
  })
}

resource "aws_s3_bucket_notification" "flow_logs" {
  bucket = aws_s3_bucket.flow_logs.id
  queue {
    queue_arn     = aws_sqs_queue.flow_logs.arn
    events        = ["s3:ObjectCreated:*"]
    filter_prefix = "AWSLogs/"
  }
  depends_on = [aws_sqs_queue_policy.flow_logs]
}

resource "aws_flow_log" "flow_logs" {
  vpc_id                   = var.vpc_id
  traffic_type             = "ALL"
  log_destination_type     = "s3"
  log_destination          = aws_s3_bucket.flow_logs.arn
  max_aggregation_interval = var.aggregation_interval
  log_format               = join(" ", [for field in local.fields : "$${${field}}"])
  depends_on               = [aws_s3_bucket_policy.flow_logs]
}

output "queue_arn" {
  description = "For queues in [ingest_s3], or InputService/EnableInput."
  value       = aws_sqs_queue.flow_logs.arn
}
