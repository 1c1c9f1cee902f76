#include "api/card_signature.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace provenn {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;

// Without it OpenSSL would ask for a passphrase on the terminal.
int NoPassphrase(char*, int, int, void*) { return 0; }

template <typename Read>
Result<Key> ReadPem(ByteSpan pem, Read read, const char* what) {
  const std::unique_ptr<BIO, Free> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Key key(bio == nullptr ? nullptr : read(bio.get(), nullptr, NoPassphrase, nullptr));
  ERR_clear_error();
  if (key == nullptr || EVP_PKEY_get_id(key.get()) != EVP_PKEY_ED25519) {
    return Error{Code::kInvalidArgument, std::string("is no ") + what + " of Ed25519 in PEM", "key"};
  }
  return key;
}

Error Failure() {
  ERR_clear_error();
  return Error{Code::kInvalidArgument, "OpenSSL does not take this key", "key"};
}

}  // namespace

Result<Bytes> Sign(ByteSpan message, ByteSpan private_key) {
  ASSIGN_OR_RETURN(const Key key, ReadPem(private_key, PEM_read_bio_PrivateKey,
                                          "private key (without a passphrase; `openssl genpkey -algorithm ed25519`)"));
  const Context context(EVP_MD_CTX_new());
  Bytes signature(kSignatureBytes);
  size_t size = signature.size();
  if (context == nullptr || EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), signature.data(), &size, message.data(), message.size()) != 1 ||
      size != signature.size()) {
    return Failure();
  }
  return signature;
}

Result<bool> SignatureHolds(ByteSpan message, ByteSpan signature, ByteSpan public_key) {
  ASSIGN_OR_RETURN(const Key key,
                   ReadPem(public_key, PEM_read_bio_PUBKEY, "public key (`openssl pkey -in KEY -pubout`)"));
  if (signature.size() != kSignatureBytes) return false;
  const Context context(EVP_MD_CTX_new());
  if (context == nullptr || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) {
    return Failure();
  }
  const bool holds =
      EVP_DigestVerify(context.get(), signature.data(), signature.size(), message.data(), message.size()) == 1;
  ERR_clear_error();
  return holds;
}

}  // namespace provenn
