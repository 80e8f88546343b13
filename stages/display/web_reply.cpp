#include <display/web_page.hpp>
#include <display/web_reply.hpp>
#include <memory>

namespace sluice::display {
namespace {

constexpr std::size_t kBlock = 64 * 1024;  // bytes of a stream asked for at once

MHD_Result send(MHD_Connection* connection, unsigned status, const char* type,
                MHD_Response* response, Headers headers = {}) {
  if (!response) return MHD_NO;  // out of memory: the connection is closed
  MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
  MHD_add_response_header(response, MHD_HTTP_HEADER_CACHE_CONTROL, "no-store");
  MHD_add_response_header(response, "Content-Security-Policy", kWebPolicy);
  MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
  MHD_add_response_header(response, "Referrer-Policy", "no-referrer");
  // Other sites' pages may neither frame ours nor show our pictures.
  MHD_add_response_header(response, "X-Frame-Options", "DENY");
  MHD_add_response_header(response, "Cross-Origin-Resource-Policy", "same-origin");
  MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
  for (const auto& [name, value] : headers) MHD_add_response_header(response, name, value);
  const MHD_Result result = MHD_queue_response(connection, status, response);
  MHD_destroy_response(response);  // our reference; the connection has its own
  return result;
}

}  // namespace

MHD_Result reply_text(MHD_Connection* connection, unsigned status, const char* type,
                      std::string_view body, Headers headers) {
  auto* response = MHD_create_response_from_buffer(body.size(), const_cast<char*>(body.data()),
                                                   MHD_RESPMEM_MUST_COPY);
  return send(connection, status, type, response, headers);
}

MHD_Result reply_error(MHD_Connection* connection, unsigned status, std::string_view why,
                       Headers headers) {
  return reply_text(connection, status, "text/plain; charset=utf-8", std::string(why) + "\n",
                    headers);
}

MHD_Result reply_picture(MHD_Connection* connection, PicturePtr picture) {
  const auto bytes = picture->jpeg.bytes;
  auto owner = std::make_unique<PicturePtr>(std::move(picture));
  auto* response = MHD_create_response_from_buffer_with_free_callback_cls(
      bytes.size(), const_cast<std::uint8_t*>(bytes.data()),
      [](void* held) { delete static_cast<PicturePtr*>(held); }, owner.get());
  if (response) (void)owner.release();
  return send(connection, MHD_HTTP_OK, "image/jpeg", response);
}

MHD_Result reply_stream(MHD_Connection* connection, const char* type,
                        MHD_ContentReaderCallback read, void* state) {
  auto* response =
      MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, kBlock, read, state, nullptr);
  if (response) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
  return send(connection, MHD_HTTP_OK, type, response);
}

}  // namespace sluice::display
