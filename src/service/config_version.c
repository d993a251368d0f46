#include "service/config_version.h"

#include <yaml.h>

const char *config_yaml_version(void)
{
    return yaml_get_version_string();
}
