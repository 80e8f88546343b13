// Answers in libmicrohttpd's terms, with the headers that all of ours carry.
#pragma once

#include <microhttpd.h>

#include <display/web_board.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace sluice::display {

using Headers = std::initializer_list<std::pair<const char*, const char*>>;

MHD_Result reply_text(MHD_Connection* connection, unsigned status, const char* type,
                      std::string_view body, Headers headers = {});

// One line for people, with its end.
MHD_Result reply_error(MHD_Connection* connection, unsigned status, std::string_view why,
                       Headers headers = {});

// The picture's bytes, which are kept until they are sent, not copied.
MHD_Result reply_picture(MHD_Connection* connection, PicturePtr picture);

// A body without end, asked of `read` in pieces. Neither chunked nor kept alive: the simplest form,
// which every motion JPEG reader understands.
MHD_Result reply_stream(MHD_Connection* connection, const char* type,
                        MHD_ContentReaderCallback read, void* state);

}  // namespace sluice::display
