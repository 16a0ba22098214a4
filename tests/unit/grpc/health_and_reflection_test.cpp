#include <set>

#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/message.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/support/sync_stream.h>

#include "door_fixture.hpp"

namespace spm::grpc {
namespace {

constexpr const char* kService = "jaeger.api_v2.metrics.MetricsQueryService";

class HealthTest : public DoorTest {
 protected:
  struct Health {
    ::grpc::Status status;
    int serving = -1;  ///< 1 SERVING, 2 NOT_SERVING
  };

  // The library keeps its health messages to itself; they are two fields, written and read here by hand.
  Health health(const std::string& service) {
    std::string bytes;
    if (!service.empty()) bytes = "\x0a" + std::string(1, static_cast<char>(service.size())) + service;
    const ::grpc::Slice slice(bytes);
    const ::grpc::ByteBuffer request(&slice, 1);
    ::grpc::ByteBuffer response;
    ::grpc::ClientContext context;
    const ::grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check", ::grpc::internal::RpcMethod::NORMAL_RPC);
    Health result;
    result.status = ::grpc::internal::BlockingUnaryCall<::grpc::ByteBuffer, ::grpc::ByteBuffer>(
        channel_.get(), method, &context, request, &response);
    ::grpc::Slice answer;
    if (result.status.ok() && response.DumpToSingleSlice(&answer).ok() && answer.size() == 2) {
      result.serving = answer.begin()[1];
    }
    return result;
  }
};

TEST_F(HealthTest, FollowsReadiness) {
  open();
  for (const char* name : {"", kService}) EXPECT_EQ(health(name).serving, 2) << name;
  server_->set_serving(true);
  for (const char* name : {"", kService}) EXPECT_EQ(health(name).serving, 1) << name;
  server_->set_serving(false);
  for (const char* name : {"", kService}) EXPECT_EQ(health(name).serving, 2) << name;
}

TEST_F(HealthTest, DoesNotKnowOthers) {
  open();
  EXPECT_EQ(health("jaeger.api_v2.QueryService").status.error_code(), ::grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, SaysNotServingOnceStopping) {
  open();
  server_->set_serving(true);
  server_->stop_accepting();
  EXPECT_EQ(health("").serving, 2);
}

class ReflectionTest : public DoorTest {
 protected:
  using Message = google::protobuf::Message;

  static std::unique_ptr<Message> make(const char* name) {
    const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(
        std::string("grpc.reflection.v1alpha.") + name);
    if (type == nullptr) return nullptr;
    return std::unique_ptr<Message>(google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  }

  /// One question, one answer; `field` of the request is set to `value`.
  std::unique_ptr<Message> reflect(const char* field, const std::string& value) {
    auto request = make("ServerReflectionRequest");
    auto response = make("ServerReflectionResponse");
    if (!request || !response) return nullptr;
    request->GetReflection()->SetString(request.get(), request->GetDescriptor()->FindFieldByName(field), value);
    ::grpc::ClientContext context;
    const ::grpc::internal::RpcMethod method("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
                                             ::grpc::internal::RpcMethod::BIDI_STREAMING);
    const std::unique_ptr<::grpc::ClientReaderWriter<Message, Message>> stream(
        ::grpc::internal::ClientReaderWriterFactory<Message, Message>::Create(channel_.get(), method, &context));
    const bool exchanged = stream->Write(*request) && stream->Read(response.get());
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
    if (!exchanged) return nullptr;
    return response;
  }

  static const Message& child(const Message& parent, const char* field) {
    return parent.GetReflection()->GetMessage(parent, parent.GetDescriptor()->FindFieldByName(field));
  }
};

TEST_F(ReflectionTest, ListsTheServices) {
  open();
  const auto response = reflect("list_services", "");
  ASSERT_NE(response, nullptr);
  const Message& list = child(*response, "list_services_response");
  const auto* services = list.GetDescriptor()->FindFieldByName("service");
  std::set<std::string> names;
  for (int i = 0; i < list.GetReflection()->FieldSize(list, services); ++i) {
    const Message& service = list.GetReflection()->GetRepeatedMessage(list, services, i);
    names.insert(service.GetReflection()->GetString(service, service.GetDescriptor()->FindFieldByName("name")));
  }
  EXPECT_TRUE(names.contains(kService));
  EXPECT_TRUE(names.contains("grpc.health.v1.Health"));
}

TEST_F(ReflectionTest, DescribesEveryMessage) {
  open();
  for (const char* symbol :
       {kService, "jaeger.api_v2.metrics.GetLatenciesRequest", "jaeger.api_v2.metrics.MetricsQueryBaseRequest",
        "jaeger.api_v2.metrics.MetricFamily", "jaeger.api_v2.metrics.SpanKind"}) {
    const auto response = reflect("file_containing_symbol", symbol);
    ASSERT_NE(response, nullptr) << symbol;
    const Message& files = child(*response, "file_descriptor_response");
    const auto* field = files.GetDescriptor()->FindFieldByName("file_descriptor_proto");
    google::protobuf::DescriptorPool pool;
    // A client builds its types from these alone: dependencies come along, in an order that it has to find.
    std::map<std::string, google::protobuf::FileDescriptorProto> waiting;
    for (int i = 0; i < files.GetReflection()->FieldSize(files, field); ++i) {
      google::protobuf::FileDescriptorProto file;
      ASSERT_TRUE(file.ParseFromString(files.GetReflection()->GetRepeatedString(files, field, i)));
      waiting.emplace(file.name(), file);
    }
    for (std::size_t turn = waiting.size(); turn > 0 && !waiting.empty(); --turn) {
      for (auto at = waiting.begin(); at != waiting.end();) {
        const auto& needs = at->second.dependency();
        const bool ready =
            std::none_of(needs.begin(), needs.end(), [&](const auto& name) { return waiting.contains(name); });
        if (!ready) {
          ++at;
          continue;
        }
        EXPECT_NE(pool.BuildFile(at->second), nullptr) << at->first;
        at = waiting.erase(at);
      }
    }
    EXPECT_TRUE(waiting.empty());
    EXPECT_NE(pool.FindFileContainingSymbol(symbol), nullptr) << symbol;
  }
}

}  // namespace
}  // namespace spm::grpc
