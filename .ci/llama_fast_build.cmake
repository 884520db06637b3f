# Halves the build time of llama-cpp-python: no command-line helpers, and -O1 for the model
# loaders only (the compute kernels in ggml keep full optimisation).
set(LLAMA_BUILD_COMMON OFF)
cmake_language(DEFER DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} CALL
  target_compile_options llama PRIVATE $<$<COMPILE_LANGUAGE:CXX>:-O1>)
