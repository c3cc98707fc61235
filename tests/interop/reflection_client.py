"""A gRPC client that knows nothing of weir but what its servers tell by reflection.

usage: reflection_client.py ADDRESS list
       reflection_client.py ADDRESS call SERVICE/METHOD JSON
       reflection_client.py ADDRESS health [SERVICE]

Prints JSON: the methods of each service; the response; the name of the status.
"""

import json
import sys

import grpc
from google.protobuf import json_format, message_factory
from google.protobuf.descriptor_pool import DescriptorPool
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import (
    ProtoReflectionDescriptorDatabase,
)

DEADLINE = 20


def services(channel):
    database = ProtoReflectionDescriptorDatabase(channel)
    pool = DescriptorPool(database)
    return {name: pool.FindServiceByName(name) for name in database.get_services()}


def methods(service):
    streams = lambda method: method.client_streaming or method.server_streaming
    return {method.name: "stream" if streams(method) else "unary" for method in service.methods}


def call(channel, path, request):
    service, method = path.split("/")
    method = services(channel)[service].methods_by_name[method]
    request_class = message_factory.GetMessageClass(method.input_type)
    response_class = message_factory.GetMessageClass(method.output_type)
    invoke = channel.unary_unary(
        f"/{service}/{method.name}",
        request_serializer=request_class.SerializeToString,
        response_deserializer=response_class.FromString,
    )
    response = invoke(json_format.ParseDict(json.loads(request), request_class()), timeout=DEADLINE)
    return json_format.MessageToDict(
        response, preserving_proto_field_name=True, always_print_fields_with_no_presence=True
    )


def health(channel, service=""):
    request = health_pb2.HealthCheckRequest(service=service)
    response = health_pb2_grpc.HealthStub(channel).Check(request, timeout=DEADLINE)
    return health_pb2.HealthCheckResponse.ServingStatus.Name(response.status)


def main(address, command, *arguments):
    with grpc.insecure_channel(address) as channel:
        if command == "list":
            answer = {name: methods(service) for name, service in services(channel).items()}
        elif command == "call":
            answer = call(channel, *arguments)
        else:
            answer = health(channel, *arguments)
    print(json.dumps(answer))


main(*sys.argv[1:])
