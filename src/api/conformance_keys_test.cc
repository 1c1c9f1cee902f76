// The keys of conformance/, and every key that its cases change: read, or refused by the key check, as the case says.
#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "api/verify_key.h"

namespace provenn {
namespace {

using Json = nlohmann::json;

Bytes Edited(const Json& test, const std::string& folder) {
  std::ifstream file(folder + test.at("key").get<std::string>(), std::ios::binary);
  Bytes key{std::istreambuf_iterator<char>(file), {}};
  EXPECT_FALSE(key.empty());
  for (const Json& edit : test.value("edits", Json::array())) {
    if (edit.at("file") != "key") continue;
    if (edit.contains("cut")) {
      key.resize(edit["cut"].get<size_t>());
      continue;
    }
    const auto change =
        FromHex(edit.contains("append") ? edit["append"].get<std::string>() : edit.at("bytes").get<std::string>());
    const size_t at = edit.contains("append") ? key.size() : edit.at("at").get<size_t>();
    const size_t removed = edit.contains("append") ? 0 : edit.value("remove", change->size());
    key.erase(key.begin() + static_cast<ptrdiff_t>(at), key.begin() + static_cast<ptrdiff_t>(at + removed));
    key.insert(key.begin() + static_cast<ptrdiff_t>(at), change->begin(), change->end());
  }
  return key;
}

TEST(ConformanceKeys, AreReadOrRefusedAsTheirCasesSay) {
  const std::string folder = "conformance/";
  std::ifstream file(folder + "manifest.json");
  const Json cases = Json::parse(file);
  size_t refused = 0;
  for (const Json& test : cases) {
    SCOPED_TRACE(test.at("name").get<std::string>());
    const auto key = DecodeVerifyingKey(Edited(test, folder));
    const bool refuses = test.value("reason", "") == "key-check";
    if (refuses) {
      ASSERT_FALSE(key.ok());
      EXPECT_EQ(key.error().code, Code::kRefusedKey) << key.error().ToString();
      ++refused;
    } else if (test.at("verdict") != "UNREADABLE") {
      EXPECT_TRUE(key.ok()) << key.error().ToString();
    }
  }
  EXPECT_GT(refused, 40u);
}

}  // namespace
}  // namespace provenn
