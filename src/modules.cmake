# The layers, top to bottom: each may include only what its DEPENDS reach.
provenn_module(base LIBRARIES TBB::tbb)
provenn_module(field DEPENDS base LIBRARIES hwy::hwy)
provenn_module(crypto DEPENDS field LIBRARIES OpenSSL::Crypto)
provenn_module(commit DEPENDS crypto)
provenn_module(relation DEPENDS field)
# Ranks and rejections at the second profile: the first one runs the same templates, at half the time.
provenn_module(argument DEPENDS commit relation SANITIZED_WITHOUT RankTest/1.*:RejectTest/1.*)
provenn_module(model DEPENDS relation LIBRARIES onnx_proto)
provenn_module(explain DEPENDS crypto model)
provenn_module(api DEPENDS argument explain LIBRARIES nlohmann_json::nlohmann_json)
