"""The child process around llama.cpp, run as a program: ``python -m maquette.adapters.llama_worker``."""
