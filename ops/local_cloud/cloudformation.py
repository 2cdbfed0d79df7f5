"""Teaches moto's CloudFormation the types of our template, in process and as a server."""

from moto.cloudformation.parsing import get_model_list, get_model_map, get_name_type_map

from ops.local_cloud import added_types, completed_types

# moto finds a type by listing the subclasses of its model: to import them is to register them.
REGISTERED = (added_types, completed_types)


def extend_cloudformation() -> None:
    """To be called before the first stack, also where moto has parsed templates already."""
    for remembered in (get_model_list, get_model_map, get_name_type_map):
        remembered.cache_clear()
