# The layers, top to bottom: each may include only what its DEPENDS reach.
provenn_module(base LIBRARIES TBB::tbb)
provenn_module(field DEPENDS base LIBRARIES hwy::hwy)
provenn_module(crypto DEPENDS field LIBRARIES OpenSSL::Crypto)
provenn_module(commit DEPENDS crypto)
provenn_module(relation DEPENDS field)
provenn_module(argument DEPENDS commit relation)
provenn_module(model DEPENDS relation LIBRARIES onnx_proto)
provenn_module(api DEPENDS argument model LIBRARIES nlohmann_json::nlohmann_json)
