"""Makes the unary call that stdin describes as JSON, and prints as JSON what it ended with.

Knows gRPC and google.rpc as Debian's grpcio and protobuf do; the argument is a descriptor set of the contracts and of google.rpc.
"""
import json
import sys

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

pool = descriptor_pool.DescriptorPool()
with open(sys.argv[1], "rb") as descriptor_set:
    for file in descriptor_pb2.FileDescriptorSet.FromString(descriptor_set.read()).file:
        pool.AddSerializedFile(file.SerializeToString())


def message_class(descriptor):
    # protobuf 4.22 took the place of the factory
    if hasattr(message_factory, "GetMessageClass"):
        return message_factory.GetMessageClass(descriptor)
    return message_factory.MessageFactory(pool).GetPrototype(descriptor)


Status = message_class(pool.FindMessageTypeByName("google.rpc.Status"))


def end_of(call):
    service, name = call["method"].split("/")
    method = pool.FindServiceByName(service).FindMethodByName(name)
    request = json_format.ParseDict(call["request"], message_class(method.input_type)(), descriptor_pool=pool)
    with grpc.insecure_channel(call["target"]) as channel:
        send = channel.unary_unary("/" + call["method"], lambda message: message.SerializeToString(), message_class(method.output_type).FromString)
        try:
            return {"response": json_format.MessageToDict(send(request, timeout=10, metadata=tuple(call["metadata"].items())), descriptor_pool=pool)}
        except grpc.RpcError as error:
            trailers = dict(error.trailing_metadata())
            status = Status.FromString(trailers["grpc-status-details-bin"])
            return {"code": error.code().name, "message": error.details(), "status": json_format.MessageToDict(status, descriptor_pool=pool)}


json.dump(end_of(json.load(sys.stdin)), sys.stdout)
